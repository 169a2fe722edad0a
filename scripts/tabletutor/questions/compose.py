"""Compose a question: a candidate of a family, a population, a wording and the form of the answer, in one text.

For example, the family `group_best` gives "which {what} has {best}" its words, the population gives `{back}` the words
"where sex is 'male'", and the text is "Which species has the highest average body mass where sex is 'male'?".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tabletutor.programs.grammar import Program
from tabletutor.questions.draw import CannotDraw, Draw
from tabletutor.questions.english import decapitalise, number_of
from tabletutor.questions.family import Candidate, Family, with_rounding
from tabletutor.questions.misfits import find_misfit
from tabletutor.questions.population import Population, draw_population, population_slots, totals_sentence
from tabletutor.questions.rare_statistics import is_far_fetched
from tabletutor.questions.readings.reading import ReadingName
from tabletutor.questions.wording import fill, slots_of
from tabletutor.records.identity import digest
from tabletutor.records.question import AnswerSpec

# "the fewest rows for rows where …"
ROWS_TWICE = re.compile(r"\brows (?:for|among) (?:rows|records|entries) (where|with)\b")
POPULATION_SLOTS = frozenset({"back", "front", "where", "whole"})
ROUNDED_SHARE = 0.25
ROUNDINGS = (
    " Round to {places}.",
    " Give {places}.",
    " Round the answer to {places}.",
)


@dataclass(frozen=True)
class Composed:
    """A candidate on a population. `composition` is its kind: the family, its variant and the population's pieces."""

    candidate: Candidate
    population: Population
    composition: str


@dataclass(frozen=True)
class Asked:
    """A question's text, program and rules for comparing its answer, and the readings that the text rules out."""

    text: str
    program: Program
    spec: AnswerSpec
    settled: frozenset[ReadingName]


def draw_composed(draw: Draw, family: Family) -> Composed:
    """Return a candidate of a family on a population. Raises CannotDraw for a table that does not fit."""
    candidate = family.build(draw)
    takes = family.front or any(slots_of(wording) & POPULATION_SLOTS for wording in family.wordings)
    population = draw_population(draw, candidate, family.conditions if takes else (0, 0))
    program = population.narrow(candidate.program)
    if find_misfit(program, draw.profile) is not None or is_far_fetched(program, population.kinds):
        raise CannotDraw
    pieces = "+".join(population.kinds)
    return Composed(candidate, population, f"{family.name}:{candidate.variant}|{pieces}")


def is_held_out(composed: Composed, family: Family, share: float, families: Sequence[str]) -> bool:
    """Return whether training must not see a composition.

    That is a `share` of all compositions with a population, chosen by the hash of their name, and all of `families`.
    Without a population a composition is a part of others, so it is trained.
    """
    if family.name in families:
        return True
    return bool(composed.population.kinds) and int(digest(composed.composition)[:8], 16) < share * 16**8


def ask(composed: Composed, family: Family, wording: str, draw: Draw) -> Asked:
    """Return the text of a question in one of the family's wordings. Raises ValueError for a slot without words."""
    candidate, population = composed.candidate, composed.population
    check_slots(family, candidate)
    slots = {**candidate.slots, **population_slots(population, draw)}
    sentences = ""
    if slots["front"].endswith(". "):  # the population has sentences of its own
        sentences, slots["front"] = slots["front"], ""
    places = slots_of(wording) & POPULATION_SLOTS
    if family.front and not places - {"back"} and slots["front"]:  # the population comes before the whole sentence
        text = slots["front"] + decapitalise(fill(wording, {**slots, "back": ""}, draw.source))
    elif population.kinds and not places and not sentences:
        raise ValueError(f"question family {family.name!r}: the wording {wording!r} has no place for the population")
    else:
        text = ROWS_TWICE.sub(r"rows \1", fill(wording, slots, draw.source))
    text = sentences + text
    program, decimals = population.narrow(candidate.program), None
    if candidate.rounds and draw.source.random() < ROUNDED_SHARE:
        decimals = draw.choice((1, 2, 2, 3))
        text += fill(draw.choice(ROUNDINGS), {"places": number_of(decimals, "decimal place")}, draw.source)
        program = with_rounding(program, decimals)
    text += candidate.form + totals_sentence(population, draw)
    spec = AnswerSpec(decimals=decimals, item=candidate.item, unit=candidate.unit, parts=candidate.parts)
    return Asked(text, program, spec, candidate.settled | population.settled)


def check_slots(family: Family, candidate: Candidate) -> None:
    """Raise ValueError if any wording, held out or not, has a slot without words."""
    for place, wording in enumerate(family.wordings, start=1):
        if unknown := sorted(slots_of(wording) - candidate.slots.keys() - POPULATION_SLOTS - {"rows"}):
            raise ValueError(
                f"question family {family.name!r}, wording {place}: no words for the slot {{{unknown[0]}}}; its "
                f"candidates have words for: {', '.join(sorted(candidate.slots)) or 'no slot'}"
            )
