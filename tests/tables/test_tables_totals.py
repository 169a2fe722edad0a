"""Values whose rows are totals over other rows."""

from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabletutor.config.tables import TablesConfig
from tabletutor.records.table import ColumnSum, Total
from tabletutor.tables.kinds import Column, convert, examine
from tabletutor.tables.roles.column_sums import find_column_sums
from tabletutor.tables.roles.infer import infer_roles
from tabletutor.tables.roles.totals import find_totals
from tabletutor.tables.roles.wholes import is_whole, is_whole_of

MARKERS = TablesConfig().missing_markers
STATES = [
    "Alabama",
    "Alaska",
    "Arizona",
    "Arkansas",
    "California",
    "Colorado",
    "Delaware",
    "Florida",
    "Georgia",
    "Ohio",
]


def totals(header: str, rows: Sequence[Sequence[object]]) -> list[tuple[str, str]]:
    """Return the totals of a table as (column, value)."""
    return [(total.column, total.value) for total in all_totals(header, rows)]


def all_totals(header: str, rows: Sequence[Sequence[object]]) -> tuple[Total, ...]:
    columns = typed(header, rows)
    return find_totals(columns, infer_roles(columns))


def typed(header: str, rows: Sequence[Sequence[object]]) -> list[Column]:
    columns: list[Column] = []
    for index, name in enumerate(header.split(",")):
        series = pl.Series([str(row[index]) for row in rows], dtype=pl.String)
        columns.append(convert(series, examine(series, name, MARKERS), comma_decimal=False))
    return columns


def panel(total: str) -> list[list[object]]:
    """Return deaths by year, sex and cause, with the total over the sexes and over the causes under one name each."""
    rows: list[list[object]] = []
    for year in (2001, 2002, 2003):
        for cause, size in (("Cancer", 90), ("Stroke", 40), ("Fall", 25)):
            men, women = size * (year - 1990), size * (year - 1995)
            rows += [[year, cause, "Men", men], [year, cause, "Women", women], [year, cause, total, men + women]]
    return rows


def test_a_name_that_means_a_whole_is_none_if_others_are_larger() -> None:
    rows: list[list[object]] = [[f"Firm {row}" if row else "Total", 10 + row, 400 - row] for row in range(30)]
    assert totals("name,sales,assets", rows) == []
    assert totals("name,sales,assets", [[f"Firm {row}" if row else "Total", 40 - row, 9 - row] for row in range(9)])


def test_a_column_that_adds_up_others_is_found_with_its_parts() -> None:
    votes: list[list[int]] = [[row, 3 + row * 7 % 41, 2 + row * 11 % 37, 9 + row * 5 % 29] for row in range(40)]
    rows: list[list[int]] = [[*row, sum(row[1:]) + (1 if row[0] == 7 else 0), sum(row[1:3])] for row in votes]
    columns = typed("area,ann_votes,bob_votes,cy_votes,total_votes,other_votes", rows)
    sums = find_column_sums(columns, infer_roles(columns))
    assert [(each.total, each.parts) for each in sums] == [("other_votes", ("ann_votes", "bob_votes"))], (
        "one row is off"
    )
    rows[7][4] -= 1
    columns = typed("area,ann_votes,bob_votes,cy_votes,total_votes,other_votes", rows)
    sums = find_column_sums(columns, infer_roles(columns))
    assert sums[0] == ColumnSum("total_votes", ("ann_votes", "bob_votes", "cy_votes"))


def test_a_value_that_equals_the_sum_of_the_others_is_a_total_whatever_its_name() -> None:
    rows = panel("Everyone")
    (total,) = all_totals("year,cause,sex,deaths", rows)
    assert (total.column, total.value) == ("sex", "Everyone")
    assert total.reason == "its rows equal the sums of the others (9 of 9 compared)"


def test_totals_over_two_columns_are_both_found() -> None:
    rows = panel("All")
    sums: dict[tuple[object, object], int] = {}
    for year, _, sex, deaths in rows:
        sums[year, sex] = sums.get((year, sex), 0) + int(str(deaths))
    rows += [[year, "All causes", sex, deaths] for (year, sex), deaths in sums.items()]
    assert totals("year,cause,sex,deaths", rows) == [("cause", "All causes"), ("sex", "All")]


def test_one_total_row_is_found_if_several_measures_agree() -> None:
    rows: list[list[object]] = [[state, 7 * i + 30, 11 * i + 200] for i, state in enumerate(STATES)]
    rows.append(["All of them", *(sum(int(str(row[i])) for row in rows) for i in (1, 2))])
    assert totals("state,deaths,births", rows) == [("state", "All of them")]
    assert totals("state,deaths", [row[:2] for row in rows]) == [], "one measure may agree by accident"


def test_rows_without_a_value_can_be_the_totals() -> None:
    rows: list[list[object]] = []
    for year in (2001, 2002, 2003, 2004):
        own = [[year, state, year - 1900 + 50 * i] for i, state in enumerate(STATES)]
        rows += [[year, "", sum(int(str(row[2])) for row in own) * 102 // 100], *own]
    (total,) = all_totals("year,state,deaths", rows)
    assert total == Total("state", "", "rows without a value are about the sums of the others")


def test_a_word_counts_where_nothing_adds_up() -> None:
    rows: list[list[object]] = []
    for state in [*STATES, "United States"]:
        rows += [[state, sex, 50 + len(state) / 7] for sex in ("Male", "Female", "Both sexes")]
    assert totals("state,sex,rate", rows) == [("state", "United States"), ("sex", "Both sexes")]


def test_equal_prices_in_a_table_of_sales_are_no_totals() -> None:
    rows: list[list[object]] = []
    for day in range(1, 21):
        for code, units in (("AB-1", 2), ("AB-2", 1), ("CD-7", 1 + day % 2)):
            rows.append([f"2019-01-{day:02}", code, 499 * units, 599 * units])
    assert totals("day,product_code,net_sales,gross_sales", rows) == []


def test_a_value_with_half_of_all_rows_is_no_total() -> None:
    rows: list[list[object]] = []
    for year in (2001, 2002, 2003, 2004):
        rows += [[year, kind, 50 + i % 3] for i in range(40) for kind in ("", "", "car", "van")]
    assert totals("year,kind,deaths", rows) == [], "about half the deaths, since it has half the rows"


@pytest.mark.parametrize(
    ("value", "others", "whole"),
    [
        ("Total", ["a", "b"], True),
        ("Total, all ages", ["a", "b"], True),
        ("All offenses", ["Arson", "Fraud"], True),
        ("U.S. Total", ["Ohio", "Utah"], True),
        ("All other offenses (except traffic)", ["Arson", "Fraud"], False),
        ("All Saints", ["Avril"], False),
        ("ALL", ["EUR", "USD", "GBP"], False),
        ("Overalls", ["Shirts"], False),
        ("Totally", ["Hardly"], False),
    ],
)
def test_words_name_a_whole_only_if_they_can_mean_nothing_else(value: str, others: list[str], whole: bool) -> None:
    assert is_whole(value, [value, *others]) == whole


@pytest.mark.parametrize(
    ("value", "others", "whole"),
    [
        ("United States", STATES, True),
        ("Russian Federation", ["Altai Krai", "Moscow", "Tomsk Oblast", "Other"], True),
        ("United States", ["Canada", "France", "Georgia"], False),
        ("World", ["Africa", "Asia", "Europe"], True),
        ("Annual", ["Jan", "Feb", "Mar"], True),
        ("Both", ["Male", "Female"], True),
        ("Both", ["Left", "Right"], False),
        ("Canada", ["United States", "Mexico"], False),
    ],
)
def test_a_name_is_a_whole_among_its_parts(value: str, others: list[str], whole: bool) -> None:
    assert is_whole_of(value, [value, *others]) == whole


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("xyz"), *[st.integers(1, 9999)] * 2), min_size=8))
def test_ordinary_tables_have_no_totals(rows: list[tuple[object, ...]]) -> None:
    assert totals("kind,place,deaths,births", [[f"kind {a}", f"place {b}", c, d] for a, b, c, d in rows]) == []
