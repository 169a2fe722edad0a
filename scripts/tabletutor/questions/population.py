"""Populations: the part of a table that a question is about.

A population has conditions ("fare is above 20"), at most one preparation ("fill missing fares with their median"), and
leaves total rows out. Each piece brings its steps and its words. Words come in two places: `front` ("Among rows
where …, ") and `back` (" where …").
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from tabletutor.programs.grammar import (
    Count,
    DatePart,
    Impute,
    MissingShare,
    Outliers,
    Period,
    Program,
    Share,
    Step,
    all_steps,
    rename_columns,
)
from tabletutor.questions.conditions import Condition, draw_condition, rows_clause
from tabletutor.questions.draw import MANY_DISTINCT, MEASURES, CannotDraw, Draw
from tabletutor.questions.family import Candidate
from tabletutor.questions.readings.reading import ReadingName
from tabletutor.questions.totals import leave_out, total_words, totals_within
from tabletutor.records.table import ColumnProfile, Total

FILLERS: tuple[tuple[Literal["mean", "median", "zero"], str], ...] = (
    ("mean", "the average"), ("median", "the median"), ("zero", "0"),
)  # fmt: skip
OUTLIERS: tuple[tuple[Literal["iqr", "zscore"], str], ...] = (
    ("iqr", "more than 1.5 interquartile ranges below the first or above the third quartile"),
    ("zscore", "more than 3 standard deviations from the mean"),
)
TIME = ("date", "year")  # how the kinds of conditions on time begin


@dataclass(frozen=True)
class Preparation:
    """A change of the subject column before the question's own steps.

    `after` follows "after", `order` is an order. `renames` maps the subject to the column that replaces it.
    """

    kind: str
    steps: tuple[Step, ...]
    after: str
    order: str
    renames: Mapping[str, str]


@dataclass(frozen=True)
class Population:
    """The rows of a question. `totals` are the totals whose rows are left out."""

    conditions: tuple[Condition, ...] = ()
    preparation: Preparation | None = None
    totals: tuple[Total, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of the pieces, sorted: what makes one composition differ from another."""
        prepared = () if self.preparation is None else (self.preparation.kind,)
        return tuple(sorted(condition.kind for condition in self.conditions)) + prepared

    @property
    def settled(self) -> frozenset[ReadingName]:
        """The readings that the words of the population rule out."""
        always = frozenset[ReadingName]({"distinct_entities"})  # the words are always "rows", "records" or "entries"
        totals = frozenset[ReadingName]({"totals_included"} if self.totals else ())
        return always.union(totals, *(condition.settled for condition in self.conditions))

    def narrow(self, program: Program) -> Program:
        """Return the program on this population only. Comparisons with an overall statistic come first."""
        steps: list[Step] = [leave_out(total) for total in self.totals]
        first = [condition for condition in self.conditions if condition.kind.startswith("beyond")]
        rest = [condition for condition in self.conditions if condition not in first]
        steps += [step for condition in (*first, *rest) for step in condition.steps]
        if self.preparation is not None:
            steps += self.preparation.steps
            program = rename_columns(program, self.preparation.renames)
        return msgspec.structs.replace(
            program, steps=(*steps, *program.steps), other=(*steps, *program.other) if program.join else ()
        )


def draw_population(draw: Draw, candidate: Candidate, limits: tuple[int, int]) -> Population:
    """Return a population for a candidate, with the least to the largest number of conditions."""
    least, most = limits
    wanted = max(least, min(most, draw.choice((0, 0, 0, 0, 1, 1, 1, 1, 2, 2))))
    conditions = tuple(draw_condition(draw) for _ in range(wanted))
    timed = any(isinstance(step, DatePart | Period) for step in all_steps(candidate.program))
    if timed and any(condition.kind.startswith(TIME) for condition in conditions):
        raise CannotDraw  # "which year has the most rows before 2022?"
    counted = any(isinstance(step, Count | MissingShare | Share) for step in all_steps(candidate.program))
    if not counted and any(condition.kind == "date_weekday" for condition in conditions):
        raise CannotDraw  # a measure of the rows of a Wednesday is of no interest
    for alike in (TIME, ("beyond",)):  # two conditions on time overlap
        if sum(condition.kind.startswith(alike) for condition in conditions) > 1:
            raise CannotDraw
    preparation = None
    if candidate.subject is not None and draw.source.random() < 0.15:
        preparation = draw_preparation(draw, candidate.subject)
    steps = (*all_steps(candidate.program), *(step for condition in conditions for step in condition.steps))
    totals = totals_within(steps, draw.profile)
    columns = {column.name: column for column in draw.profile.columns}
    if any(total.value and columns[total.column].missing for total in totals):
        raise CannotDraw  # `!=` would leave out the rows without a value too
    return Population(conditions, preparation, totals)


def draw_preparation(draw: Draw, subject: str) -> Preparation | None:
    """Return a preparation of the subject column: fill its gaps, or leave its outliers out. None if neither fits."""
    (column,) = (column for column in draw.profile.columns if column.name == subject)
    name = draw.say(column)
    if column.missing:
        method, words = draw.choice(FILLERS if column.role == "additive" else FILLERS[:2])
        filled = draw.free_name(f"{subject}_filled")
        of_these = "" if method == "zero" else " of the known ones"
        words = f"the gaps in {name} with {words}{of_these}"
        step = Impute(subject, method, filled)
        return Preparation(f"impute_{method}", (step,), f"filling {words}", f"fill {words}", {subject: filled})
    if column.role not in MEASURES or column.unique < MANY_DISTINCT:
        return None
    method, words = draw.choice(OUTLIERS)
    words = f"rows whose {name} {are_outliers(draw, column)} ({words})"
    step = Outliers(subject, method, negated=True)
    return Preparation(f"without_outliers_{method}", (step,), f"removing {words}", f"remove {words}", {})


def are_outliers(draw: Draw, column: ColumnProfile) -> str:
    """Return "is an outlier" after a column in the singular, and "are outliers" after "sales"."""
    return "are outliers" if draw.spoken[column.name].is_plural else "is an outlier"


def population_slots(population: Population, draw: Draw) -> dict[str, str]:
    """Return the words of a population for the slots of a wording.

    `back` follows the main clause, `front` comes before it, `where` follows the word "rows" in a question that counts
    them, `whole` names the rows ("the whole table" without a condition). With conditions and a preparation, the words
    are sentences of their own in front, in the order in which the steps run.
    """
    conditions, preparation = population.conditions, population.preparation
    rows = draw.choice(("rows", "rows", "rows", "rows", "records", "entries"))
    where = rows_clause(conditions, draw)
    if preparation is not None:
        if conditions:
            first = draw.choice((f"Take only the {rows} {where}", f"Keep only the {rows} {where}"))
            return {
                "back": "",
                "front": f"{first}, then {preparation.order}. ",
                "where": where,
                "whole": "the rest",
                "rows": rows,
            }
        after = preparation.after
        return {
            "back": f" after {after}",
            "front": f"After {after}, ",
            "where": "",
            "whole": f"the table after {after}",
            "rows": rows,
        }
    if not conditions:
        whole = draw.choice(("the whole table", f"all {rows}"))
        return {"back": "", "front": "", "where": "", "whole": whole, "rows": rows}
    link = draw.choice(("among", "for", "considering only"))
    return {
        "back": draw.choice(
            (f" {where}" if where.startswith("where") else f" among {rows} {where}", f" for {rows} {where}")
        ),
        "front": f"{link.capitalize()} {rows} {where}, ",
        "where": where,
        "whole": f"the {rows} {where}",
        "rows": rows,
    }


def totals_sentence(population: Population, draw: Draw) -> str:
    """Return the sentence that leaves total rows out, or nothing if there are none."""
    if not population.totals:
        return ""
    where = total_words(population.totals, lambda name: draw.spoken[name].singular)
    return draw.choice((f" Leave out the total rows, where {where}.", f" Ignore the totals (rows where {where})."))
