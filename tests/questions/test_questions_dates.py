"""Questions about dates: their grain, and parts that mean something for what is measured."""

import random
from datetime import datetime, timedelta

import polars as pl
import pytest

from tabletutor.programs import grammar as g
from tabletutor.questions.compose import draw_composed
from tabletutor.questions.conditions import draw_condition
from tabletutor.questions.draw import CannotDraw, Draw
from tabletutor.questions.header_words import spoken_columns
from tabletutor.questions.registry import all_families
from tabletutor.records.table import TableProfile
from tests.support.profiles import profile_of


def table(measure: str, days: list[datetime]) -> TableProfile:
    values = [row * 7 % 31 + row for row in range(len(days))]
    frame = pl.DataFrame({"day": days, measure: values}, schema_overrides={"day": pl.Datetime("us")})
    return profile_of(frame, kinds={"day": "date"}, roles={"day": "date"})


YEARS = [datetime(1990 + row, 1, 1) for row in range(30)]  # noqa: DTZ001
MONTHS = [datetime(1990 + row // 12, row % 12 + 1, 1) for row in range(60)]  # noqa: DTZ001
DAYS = [datetime(1990, 1, 1) + timedelta(days=4 * row) for row in range(120)]  # noqa: DTZ001


def date_conditions(profile: TableProfile) -> list[str]:
    spoken = spoken_columns(profile)
    return [
        draw_condition(Draw(profile, spoken, random.Random(seed)), kinds).predicate
        for seed in range(60)
        for kinds in (("date",), ("date_part",))
    ]


def test_a_date_is_limited_at_its_grain() -> None:
    assert all("-" not in words and "falls " in words for words in date_conditions(table("sales", YEARS)))
    months = date_conditions(table("sales", MONTHS))
    assert all(words.endswith("-01") for words in months if "-" in words)
    assert not any("day" in words.removeprefix("day ") for words in months)
    assert any(words.endswith("-15") for words in date_conditions(table("sales", DAYS)))


@pytest.mark.parametrize(("measure", "weekdays"), [("sales", True), ("temperature", False)])
def test_the_weather_has_no_weekdays(measure: str, weekdays: bool) -> None:
    profile = table(measure, DAYS)
    assert any("on a " in words for words in date_conditions(profile)) is weekdays
    parts: set[str] = set()
    spoken = spoken_columns(profile)
    (family,) = (family for family in all_families() if family.name == "date_best_part")
    for seed in range(80):
        try:
            composed = draw_composed(Draw(profile, spoken, random.Random(seed)), family)
        except CannotDraw:
            continue
        steps = composed.candidate.program.steps
        parts |= {step.part for step in steps if isinstance(step, g.DatePart)}
    assert ("weekday" in parts) is weekdays
