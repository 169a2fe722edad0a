"""Parts of a table that questions are about: the order of their steps, their words, and what does not go together."""

import random
from datetime import datetime, timedelta

import polars as pl
import pytest
from msgspec.structs import replace

from tabletutor.programs import grammar as g
from tabletutor.questions.conditions import CONDITIONS, Condition, draw_condition
from tabletutor.questions.draw import CannotDraw, Draw
from tabletutor.questions.family import Candidate, chain
from tabletutor.questions.header_words import spoken_columns
from tabletutor.questions.population import (
    Population,
    Preparation,
    draw_population,
    draw_preparation,
    population_slots,
    totals_sentence,
)
from tabletutor.records.table import TableProfile, Total
from tests.support.profiles import profile_of

ROWS = range(120)
START = datetime(2018, 1, 5)  # noqa: DTZ001
TABLE = pl.DataFrame(
    {
        "region": [("North", "South", "East", "West", "All")[row % 5] for row in ROWS],
        "fare": [float(row * 7 % 101) for row in ROWS],
        "tip": [row * 3 % 41 if row % 4 else None for row in ROWS],
        "year": [2001 + row % 9 for row in ROWS],
        "opened": [START + timedelta(days=11 * row) for row in ROWS],
        "paid": [row % 3 == 0 for row in ROWS],
        "extras": [("wifi; meal", "meal; seat", "seat", "wifi; seat")[row % 4] for row in ROWS],
    },
    schema_overrides={"opened": pl.Datetime("us")},
)
PROFILE = profile_of(
    TABLE,
    roles={"fare": "intensive", "year": "year", "opened": "date", "paid": "flag", "extras": "list"},
    totals=(("region", "All"),),
)
TOTAL = PROFILE.totals[0]
COUNT = Candidate(chain(g.Count()), {}, "integer")
MEAN = Candidate(chain(g.Aggregate("fare", "mean")), {}, "number", subject="fare")
MEAN_TIP = Candidate(chain(g.Aggregate("tip", "mean")), {}, "number", subject="tip")
SOUTH = Condition("is", (g.Where("region", "==", "South"),), "region is 'South'", "region 'South'")
BEYOND = Condition("beyond_mean", (g.BeyondStatistic("fare", ">", "mean"),), "fare is above its overall average")
FILL = Preparation("impute_mean", (g.Impute("tip", "mean", "full"),), "filling it", "fill it", {"tip": "full"})


def draw_from(seed: int, profile: TableProfile = PROFILE) -> Draw:
    return Draw(profile, spoken_columns(profile), random.Random(seed))


def populations(candidate: Candidate, limits: tuple[int, int], profile: TableProfile = PROFILE) -> list[Population]:
    """Return the populations of 150 draws, without those that do not fit."""
    found: list[Population] = []
    for seed in range(150):
        try:
            found.append(draw_population(draw_from(seed, profile), candidate, limits))
        except CannotDraw:
            continue
    return found


def test_totals_go_first_then_comparisons_with_all_rows_then_conditions_then_the_preparation() -> None:
    population = Population((SOUTH, BEYOND), FILL, (TOTAL,))
    total = g.Where("region", "!=", "All")
    steps = (total, *BEYOND.steps, *SOUTH.steps, *FILL.steps)
    assert population.narrow(MEAN_TIP.program) == chain(*steps, g.Aggregate("full", "mean"))
    joined = g.Program((g.Aggregate("tip", "mean"),), (g.Count(),), g.Join("ratio"))
    assert population.narrow(joined) == g.Program(
        (*steps, g.Aggregate("full", "mean")), (*steps, g.Count()), g.Join("ratio")
    )
    assert population.kinds == ("beyond_mean", "is", "impute_mean")
    assert population.settled == {"distinct_entities", "totals_included"}


def test_without_pieces_the_program_is_unchanged_and_the_text_has_no_place_for_them() -> None:
    assert Population().narrow(MEAN.program) == MEAN.program
    slots = population_slots(Population(), draw_from(0))
    assert slots["back"] == slots["front"] == slots["where"] == totals_sentence(Population(), draw_from(0)) == ""
    assert slots["whole"]


@pytest.mark.parametrize("seed", range(4))
def test_conditions_follow_the_clause_or_come_before_it(seed: int) -> None:
    slots = population_slots(Population((SOUTH,)), draw_from(seed))
    for name in ("back", "front", "where", "whole"):
        assert "region is 'South'" in slots[name] or "region 'South'" in slots[name]
    assert slots["back"].startswith(" ")
    assert slots["front"].endswith(", ")
    assert slots["where"].startswith(("where ", "with "))


@pytest.mark.parametrize("seed", range(4))
def test_a_preparation_is_told_after_the_conditions_in_the_order_of_the_steps(seed: int) -> None:
    alone = population_slots(Population((), FILL), draw_from(seed))
    assert (alone["back"], alone["front"]) == (" after filling it", "After filling it, ")
    both = population_slots(Population((SOUTH,), FILL), draw_from(seed))
    assert both["back"] == ""
    assert both["front"].endswith(", then fill it. ")
    assert both["front"].index("'South'") < both["front"].index("fill it")


@pytest.mark.parametrize(
    ("total", "words"), [(TOTAL, "region is 'All'"), (Total("region", "", ""), "region is missing")]
)
def test_the_text_says_which_total_rows_are_left_out(total: Total, words: str) -> None:
    assert words in totals_sentence(Population(totals=(total,)), draw_from(0))


def test_total_rows_are_left_out_unless_a_condition_keeps_one_group() -> None:
    found = populations(MEAN, (0, 2))
    fixed = [
        any(
            isinstance(step, g.OneOf) or (isinstance(step, g.Where) and step.comparison == "==")
            for condition in population.conditions
            for step in condition.steps
            if getattr(step, "column", "") == "region"
        )
        for population in found
    ]
    assert [population.totals for population in found] == [() if keeps else (TOTAL,) for keeps in fixed]
    assert {True, False} == set(fixed)
    values = {value for population in found for part in population.conditions for value in _texts(part)}
    assert "All" not in values, "nobody asks for the total rows"


def _texts(condition: Condition) -> set[str]:
    whole = {step.value for step in condition.steps if isinstance(step, g.Where) and isinstance(step.value, str)}
    return whole | {value for step in condition.steps if isinstance(step, g.OneOf) for value in step.values}


def test_total_rows_in_a_column_with_gaps_cannot_be_left_out() -> None:
    gaps = TABLE.with_columns(region=pl.when(pl.int_range(120) > 2).then("region"))
    profile = profile_of(gaps.select("region", "fare"), totals=(("region", "All"),))
    assert populations(MEAN, (0, 0), profile) == []


def test_two_conditions_on_time_or_with_overall_statistics_are_refused() -> None:
    times = profile_of(TABLE.select("opened", "year"), roles={"year": "year", "opened": "date"})
    assert populations(COUNT, (2, 2), times) == []
    assert populations(COUNT, (1, 1), times)
    for population in populations(MEAN, (2, 2)):
        assert sum(kind.startswith(("date", "year")) for kind in population.kinds) <= 1
        assert sum(kind.startswith("beyond") for kind in population.kinds) <= 1


def test_the_number_of_conditions_is_within_the_limits_and_no_column_comes_twice() -> None:
    for limits in ((0, 0), (0, 1), (1, 2), (2, 2)):
        counts = {len(population.conditions) for population in populations(MEAN, limits)}
        assert counts == set(range(limits[0], limits[1] + 1))
    for population in populations(MEAN, (2, 2)):
        columns = [
            {getattr(step, "column", "") for step in condition.steps if step.column in TABLE.columns}  # type: ignore[union-attr]
            for condition in population.conditions
        ]
        assert columns[0].isdisjoint(columns[1])


@pytest.mark.parametrize("kind", CONDITIONS)
def test_each_kind_of_condition_fits_some_column(kind: str) -> None:
    profile = replace(PROFILE, totals=()) if kind == "beyond" else PROFILE  # an overall average would have the totals
    draw = Draw(profile, spoken_columns(profile), random.Random(0))
    condition = draw_condition(draw, (kind,))
    assert condition.steps
    assert condition.predicate
    assert "{" not in condition.predicate


def test_gaps_are_filled_and_outliers_left_out_where_there_are_some() -> None:
    filled = draw_preparation(draw_from(0), "tip")
    assert filled is not None
    (step,) = filled.steps
    assert isinstance(step, g.Impute)
    assert filled.renames == {"tip": step.name}
    assert step.name not in TABLE.columns
    cleaned = draw_preparation(draw_from(0), "fare")
    assert cleaned is not None
    assert [type(step) for step in cleaned.steps] == [g.Outliers]
    assert cleaned.renames == {}
    assert draw_preparation(draw_from(0), "year") is None
