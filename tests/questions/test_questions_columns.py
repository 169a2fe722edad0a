"""Uses of a column beyond its role, by its header and its values."""

import random
from datetime import datetime, timedelta

import polars as pl
import pytest
from msgspec.structs import replace

from tabletutor.questions.columns import adds_up, are_comparable, main_date, names_rows, splits_rows, year_of
from tabletutor.questions.draw import CannotDraw, Draw
from tabletutor.questions.header_words import spoken_columns
from tabletutor.records.table import ColumnProfile, Role, TableProfile
from tests.support.profiles import profile_of

ROWS = range(100)
DAYS = [datetime(2020, 1, 1) + timedelta(days=row) for row in ROWS]  # noqa: DTZ001
DATES = ("date_of_birth", "closed", "started", "updated")
TABLE = pl.DataFrame(
    {
        "college": [f"College {row}" for row in ROWS],
        "first_name": [f"Amy {row}" for row in ROWS],
        "city": [f"Town {row % 60}" for row in ROWS],
        "fuel": [("Grass", "grass", "Brush")[row % 3] for row in ROWS],
        "rare": ["x" if row < 10 else None for row in ROWS],
        "unit": [("kg", "lb")[row % 2] for row in ROWS],
        "region": [("North", "South")[row % 2] for row in ROWS],
        "pool": [row if row > 90 else 0 for row in ROWS],
        "pay": [row * 7 % 97 for row in ROWS],
        **dict.fromkeys(DATES, DAYS),
    },
    schema_overrides=dict.fromkeys(DATES, pl.Datetime("us")),
)
NAMES: dict[str, Role] = {"college": "label", "first_name": "label", "city": "label"}
MOMENTS: dict[str, Role] = dict.fromkeys(DATES, "date")
PROFILE = profile_of(TABLE, roles=NAMES | MOMENTS)
SURVEY = profile_of(pl.DataFrame({"city": ["a", "b"], "pay": [1, 2]}))


def column(name: str) -> ColumnProfile:
    (found,) = (column for column in PROFILE.columns if column.name == name)
    return found


def draws(profile: TableProfile = PROFILE) -> list[Draw]:
    return [Draw(profile, spoken_columns(profile), random.Random(seed)) for seed in range(40)]


def test_rows_are_named_by_a_label_that_nearly_tells_them_apart_and_is_no_half_of_a_name() -> None:
    assert {draw.label().name for draw in draws()} == {"college"}
    assert names_rows(column("first_name"), 100)
    assert not names_rows(column("city"), 100)


def test_groups_are_filled_tell_case_apart_and_are_no_units() -> None:
    assert {draw.category().name for draw in draws()} == {"region"}
    assert not any(splits_rows(column(name), 100) for name in ("fuel", "rare", "unit"))


def test_a_column_of_zeros_is_no_measure() -> None:
    narrow = profile_of(TABLE.select("pool", "pay"))
    assert {draw.measure().name for draw in draws(narrow)} == {"pay"}


def test_the_main_date_says_when_it_happened() -> None:
    assert main_date(PROFILE) == "started"
    assert {draw.date(main=True).name for draw in draws()} == {"started"}
    assert {draw.date().name for draw in draws()} == set(DATES) - {"updated"}
    assert main_date(profile_of(TABLE.select("date_of_birth"), roles={"date_of_birth": "date"})) is None


@pytest.mark.parametrize(
    ("reason", "most", "added"),
    [
        ("header word 'sales'", 9.0, True),
        ("whole numbers 3…10 under a plural: counts", 10.0, False),
        ("whole numbers 0…900 under a plural: counts", 900.0, True),
        ("whole numbers 0…900, spread as counts are", 900.0, False),
    ],
)
def test_a_sum_is_a_quantity_if_the_header_says_so(reason: str, most: float, added: bool) -> None:
    measure = ColumnProfile("n", "integer", 0, 9, min=0.0, max=most, role="additive", role_reason=reason)
    assert adds_up(measure, SURVEY) is added


@pytest.mark.parametrize(
    ("one", "other", "most", "comparable"),
    [
        ("min_temp", "max_temp", 40.0, True),
        ("cal_fat", "trans_fat", 2000.0, False),
        ("total_fat", "total_carb", 40.0, False),
        ("hp", "hp_rpm", 40.0, False),
        ("start_pr", "ship_pr", 40.0, False),
    ],
)
def test_measures_are_compared_if_a_telling_word_and_their_size_agree(
    one: str, other: str, most: float, comparable: bool
) -> None:
    left = ColumnProfile(one, "number", 0, 50, quantiles=(0.0, 1.0, 2.0, 3.0, most), role="intensive")
    right = ColumnProfile(other, "number", 0, 50, quantiles=(0.0, 1.0, 2.0, 3.0, 30.0), role="intensive")
    assert are_comparable(left, right) is comparable


def test_the_population_of_a_place_that_rows_share_does_not_add_up() -> None:
    measure = ColumnProfile("population", "integer", 0, 9, role="additive", role_reason="header word 'population'")
    assert adds_up(measure, SURVEY)
    assert not adds_up(replace(measure, top_values=(("250000", 40), ("9000", 20))), SURVEY)


def test_a_population_does_not_add_up_over_years() -> None:
    measure = ColumnProfile("population", "integer", 0, 9, role="additive", role_reason="header word 'population'")
    years = profile_of(pl.DataFrame({"year": [2001, 2002], "population": [7, 8]}), roles={"year": "year"})
    assert not adds_up(measure, years)
    assert adds_up(replace(measure, name="births", role_reason="header word 'births'"), years)


def test_a_header_has_one_year_or_none() -> None:
    assert (year_of("Rank 2021"), year_of("pop_2001_2006"), year_of("rank")) == ("2021", None, None)


def test_a_twin_is_never_drawn() -> None:
    twin = profile_of(TABLE.select("region", "unit", "pay")).columns[0]
    alone = TableProfile("t", "00", PROFILE.source, 100, (replace(twin, twin="pay"),))
    with pytest.raises(CannotDraw):
        draws(alone)[0].category()
