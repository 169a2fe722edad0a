"""Compositions of questions: no wording loses the population, and which compositions training never gets."""

import random
import re
from dataclasses import replace

import polars as pl
import pytest

from tabletutor.programs import grammar as g
from tabletutor.questions.compose import Asked, Composed, ask, draw_composed, is_held_out
from tabletutor.questions.conditions import Condition
from tabletutor.questions.draw import Draw
from tabletutor.questions.family import Candidate, Family, chain
from tabletutor.questions.header_words import spoken_columns
from tabletutor.questions.population import Population, Preparation
from tabletutor.questions.registry import all_families
from tests.support.profiles import profile_of

PROFILE = profile_of(pl.DataFrame({"region": ["North", "South"] * 10, "fare": list(range(20))}))
MEAN = Candidate(chain(g.Aggregate("fare", "mean")), {"noun": "average fare"}, "number", variant="mean")
SOUTH = Population((Condition("is", (g.Where("region", "==", "South"),), "region is 'South'"),))
CLEAN = Preparation("clean", (g.Outliers("fare", "iqr", negated=True),), "cleaning it", "clean it", {})
WORDINGS = ("What is the {noun}{back}?", "{front}give the {noun}.", "From {whole}, give the {noun}.", "The {noun}?")
FAMILY = Family("mine", "aggregate", lambda draw: MEAN, WORDINGS)


def draw_from(seed: int = 0) -> Draw:
    return Draw(PROFILE, spoken_columns(PROFILE), random.Random(seed))


def asked(population: Population, wording: str, family: Family = FAMILY, candidate: Candidate = MEAN) -> Asked:
    return ask(Composed(candidate, population, "mine:mean|is"), family, wording, draw_from())


@pytest.mark.parametrize("wording", WORDINGS[:3])
def test_each_place_takes_the_population(wording: str) -> None:
    question = asked(SOUTH, wording)
    assert "region is 'South'" in question.text
    assert question.text[0].isupper()
    assert question.program == chain(g.Where("region", "==", "South"), g.Aggregate("fare", "mean"))


def test_a_wording_without_a_place_for_the_population_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"question family 'mine': the wording 'The \{noun\}\?' has no place"):
        asked(SOUTH, "The {noun}?")
    assert asked(Population(), "The {noun}?").text == "The average fare?"


def test_a_slot_without_words_is_an_error_that_names_the_wording() -> None:
    faulty = replace(FAMILY, wordings=(*WORDINGS, "What is the {nuon}{back}?"))
    with pytest.raises(ValueError, match=r"family 'mine', wording 5: no words for the slot \{nuon\}; .* for: noun"):
        asked(SOUTH, WORDINGS[0], faulty)


@pytest.mark.parametrize("wording", ["What is the {noun}{back}?", "The {noun}?", "{front}what is the {noun}?"])
def test_in_a_front_family_the_population_comes_before_the_sentence(wording: str) -> None:
    text = asked(SOUTH, wording, replace(FAMILY, front=True)).text
    assert re.fullmatch(r"[A-Z][a-z ]+ where region is 'South', (what is )?the average fare\?", text, re.IGNORECASE)


@pytest.mark.parametrize("wording", WORDINGS)
@pytest.mark.parametrize("front", [False, True])
def test_a_population_in_sentences_of_its_own_comes_first_in_every_wording(wording: str, front: bool) -> None:
    text = asked(replace(SOUTH, preparation=CLEAN), wording, replace(FAMILY, front=front)).text
    first, _, second = text.partition(". ")
    assert "region is 'South', then clean it" in first
    assert second[0].isupper()
    assert "average fare" in second


def test_a_rounded_answer_is_asked_for_in_program_text_and_form() -> None:
    rounded = [
        ask(Composed(replace(MEAN, rounds=True), SOUTH, ""), FAMILY, WORDINGS[0], draw_from(seed)) for seed in range(40)
    ]
    for question in rounded:
        last, decimals = question.program.steps[-1], question.spec.decimals
        assert isinstance(last, g.Round) == (decimals is not None) == ("decimal place" in question.text)
        assert not isinstance(last, g.Round) or (last.decimals == decimals and str(decimals) in question.text)
    assert {question.spec.decimals is None for question in rounded} == {True, False}


def test_a_composition_is_named_by_family_variant_and_pieces() -> None:
    family = replace(FAMILY, conditions=(1, 1))
    names = {draw_composed(draw_from(seed), family).composition for seed in range(60)}
    assert all(re.fullmatch(r"mine:mean\|[a-z_]+", name) for name in names)
    assert "mine:mean|is" in names
    no_place = replace(family, wordings=("The {noun}?",))
    assert draw_composed(draw_from(), no_place).composition == "mine:mean|"


def test_training_misses_a_share_of_the_compositions_with_conditions_and_all_held_out_families() -> None:
    bare, south = Composed(MEAN, Population(), "mine:mean|"), Composed(MEAN, SOUTH, "mine:mean|is")
    assert is_held_out(bare, FAMILY, 0.2, ["mine"])
    assert not is_held_out(bare, FAMILY, 0.999, [])
    assert not is_held_out(south, FAMILY, 0, [])
    held = sum(is_held_out(replace(south, composition=f"mine:{n}|is"), FAMILY, 0.2, []) for n in range(1000))
    assert 150 < held < 250


@pytest.mark.parametrize("family", all_families(), ids=lambda family: family.name)
def test_a_family_with_conditions_has_a_place_for_them_in_every_wording(family: Family) -> None:
    if family.conditions[1] and not family.front:
        assert [wording for wording in family.wordings if not re.search(r"\{(back|front|where|whole)\}", wording)] == []
