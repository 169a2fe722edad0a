"""Columns of text become typed columns: kinds, decimal and thousands marks, units, dates and missing values."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabletutor.config.tables import TablesConfig
from tabletutor.records.table import Kind
from tabletutor.tables.dictionary.entries import Entry
from tabletutor.tables.kinds import Column, convert, examine

MARKERS = TablesConfig().missing_markers


def to_column(cells: list[str], header: str = "x", comma_decimal: bool = False) -> Column:
    series = pl.Series(header, cells, dtype=pl.String)
    return convert(series, examine(series, header, MARKERS), comma_decimal)


def test_odd_cells_that_a_dictionary_calls_missing_give_one_warning() -> None:
    series = pl.Series("x", [str(number) for number in range(30)] + ["D"])
    odd = "1 cells are not a number, as the others are (line 32)"
    reading = examine(series, "x", MARKERS, Entry(names=("x",), missing=("D",)), odd)
    assert (reading.kind, reading.warnings) == ("number", ("1 cells 'D' taken as missing",))


@pytest.mark.parametrize(
    ("cells", "values", "unit"),
    [
        (["1h 42m", "59m", "2h", "1h 5m", ""], [102, 59, 120, 65, None], "min"),
        (["2 hrs 5 min", "1 hour 10 minutes", "45 minutes"], [125, 70, 45], "min"),
        (["1h 2m 3s", "50s", "4m 10s"], [3723, 50, 250], "s"),
        (["45m", "12m", "7m"], ["45m", "12m", "7m"], None),
        (["1h 42m", "2h 10m", "unknown length"], ["1h 42m", "2h 10m", "unknown length"], None),
    ],
)
def test_lengths_of_time_become_numbers_of_one_unit(cells: list[str], values: list[object], unit: str | None) -> None:
    column = to_column(cells)
    assert (column.values.to_list(), column.unit) == (values, unit)


def test_line_breaks_and_spaces_at_the_ends_of_cells_are_removed_and_counted() -> None:
    hours = to_column(["24/7", "24/7\n", "Mon\nTue", " \r\nSat", " Sun", "\n"] + ["always"] * 9)
    assert hours.values.to_list()[:6] == ["24/7", "24/7", "Mon\nTue", "Sat", "Sun", None]
    assert hours.warnings == ("line breaks and spaces removed at the ends of 3 cells",)
    spaces = to_column(["24/7", "24/7 ", "Mon\nTue"])
    assert (spaces.values.to_list()[1], spaces.warnings) == ("24/7 ", ())


@pytest.mark.parametrize(
    ("cells", "kind", "values", "unit"),
    [
        (["1", "-2", "+3"], "integer", [1, -2, 3], None),
        (["1.5", "2", ".5", "1e3"], "number", [1.5, 2.0, 0.5, 1000.0], None),
        (["1,200", "3", "12,345,678"], "integer", [1200, 3, 12345678], None),
        (["1,200.50", "3"], "number", [1200.5, 3.0], None),
        (["0,38", "12,5", "7"], "number", [0.38, 12.5, 7.0], None),
        (["1.200,5", "3,0"], "number", [1200.5, 3.0], None),
        (["1 200,5", "3,0"], "number", [1200.5, 3.0], None),
        (["1’000", "8’919.5"], "number", [1000.0, 8919.5], None),
        (["50,000", "1,48,765"], "integer", [50000, 148765], None),
        (["0.25-", "977.25"], "number", [-0.25, 977.25], None),
        (["5-€", "6 €-", "€7", "(8€)"], "integer", [-5, -6, 7, -8], "€"),
        (["$62,018", "$7", "-$3", "($4)"], "integer", [62018, 7, -3, -4], "$"),
        (["12 €", "7,50 €"], "number", [12.0, 7.5], "€"),
        (["12%", "7.5 %"], "number", [12.0, 7.5], "%"),
        (["1", "NA", "--", "?", ""], "integer", [1, None, None, None, None], None),
        (["true", "FALSE", "True"], "boolean", [True, False, True], None),
        (["Yes", "No", "NA"], "boolean", [True, False, None], None),
    ],
)
def test_numbers_and_booleans(cells: list[str], kind: Kind, values: list[object], unit: str | None) -> None:
    column = to_column(cells)
    assert (column.kind, column.values.to_list(), column.unit) == (kind, values, unit)


@pytest.mark.parametrize(
    ("cells", "kind", "first"),
    [
        (["2012/01/31", "2012/02/01"], "date", "2012-01-31T00:00:00"),
        (["Dec 31, 1999", "Jan 1, 2000"], "date", "1999-12-31T00:00:00"),
        (["17-08-1984", "15-04-1988"], "date", "1984-08-17T00:00:00"),
        (["5/19/2006 0:00:00", "10/2/2006 0:00:00"], "date", "2006-05-19T00:00:00"),
        (["31.12.1999", ""], "date", "1999-12-31T00:00:00"),
        (["2024-04-01 10:26:27.337", "2024-04-02 00:00:00.000"], "datetime", "2024-04-01T10:26:27.337000"),
        (["2013-01-01T06:00:00Z", "2013-01-01T07:30:00Z"], "datetime", "2013-01-01T06:00:00"),
        (["2013-01-01T06:00:00+02:00", "2013-01-01T07:30:00+02:00"], "datetime", "2013-01-01T04:00:00"),
    ],
)
def test_dates(cells: list[str], kind: Kind, first: str) -> None:
    column = to_column(cells)
    assert (column.kind, column.values[0].isoformat()) == (kind, first)


def test_ambiguous_days_and_months_are_reported() -> None:
    column = to_column(["01/02/2003", "03/04/2005"])
    assert column.values[0].isoformat().startswith("2003-01-02")
    assert any("cannot be told apart" in warning for warning in column.warnings)
    assert to_column(["13/02/2003", "03/04/2005"]).warnings == ()


def test_na_is_a_country_among_codes_and_missing_elsewhere() -> None:
    codes = to_column(["DE", "FR", "NA", "ZA", "NA", "BW", ""])
    assert codes.values.to_list() == ["DE", "FR", "NA", "ZA", "NA", "BW", None]
    assert any("two-letter codes" in warning for warning in codes.warnings)
    assert to_column(["red", "NA", "blue"]).values.to_list() == ["red", None, "blue"]
    assert to_column(["Low", "None", "High"]).values.to_list() == ["Low", "None", "High"]
    assert to_column(["+", "-", "+"]).values.to_list() == ["+", "-", "+"]


def test_codes_and_years_and_dates_in_digits() -> None:
    assert to_column(["01", "02", "10"]).values.dtype == pl.String
    assert to_column(["12345678901234567890", "1"]).values.dtype == pl.String
    assert to_column([str(1990 + i) for i in range(20)], "year").kind == "integer"
    assert to_column(["20210114", "20210115"], "version").kind == "integer"
    assert to_column(["20210114", "20210115"], "Closing date").kind == "date"


@pytest.mark.parametrize(
    ("cells", "remark"),
    [
        (["10E0", "11E1", "12E2", "13"], "cells such as '10E0', '11E1', '12E2' may be codes"),
        (["100E10000", "101E10007"], "cells such as '100E10000', '101E10007' may be codes"),
        (["1e400", "1.5"], "'1e400' cannot be held"),
        (["1e-400", "1.5"], "'1e-400' cannot be held"),
        (["9" * 400, "1"], "9'… cannot be held"),
        (["12,345,678,901,234,567,890", "1"], "'12,345,678,901,234,567,890' cannot be held"),
        (["12345678901234567890", "1"], "'12345678901234567890' cannot be held"),
        (["01", "02", "10"], "cells such as '01', '02' begin with zeros"),
        (["$5", "€6", "7"], "different units"),
        (["5%", "6", "7"], "less than half carry one"),
        (["1,234.5", "1.234,5", "5,678.5"], "'1,234.5', '5,678.5' and '1.234,5' differ"),
        ([*(f"${i}" for i in range(20)), "free"], "nearly all cells are numbers; kept as text because of 'free'"),
    ],
)
def test_numerals_that_stay_text_are_reported(cells: list[str], remark: str) -> None:
    column = to_column(cells)
    assert column.values.to_list() == cells
    assert [warning for warning in column.warnings if remark in warning]


@pytest.mark.parametrize(
    ("cells", "values", "remark"),
    [
        (["10E3", "1.5"], [10000.0, 1.5], "'10E3' read as numbers with an exponent"),
        (["-10E3", "2"], [-10000.0, 2.0], "'-10E3' read as numbers with an exponent"),
        (["10E3 kg", "2 kg"], [10000.0, 2.0], "'10E3 kg' read as numbers with an exponent"),
        (["5.00-", "(6)", "-7"], [-5.0, -6.0, -7.0], "such as '(6)', '5.00-', read as negative"),
        (["9007199254740993", "0.5"], [2.0**53, 0.5], "'9007199254740993' have more digits than a double holds"),
        (["$1", "$2", "3"], [1, 2, 3], "1 distinct cells lack the unit '$'"),
    ],
)
def test_unusual_numerals_are_reported(cells: list[str], values: list[float], remark: str) -> None:
    column = to_column(cells)
    assert column.values.to_list() == values
    assert [warning for warning in column.warnings if remark in warning]
    assert not to_column(["1E+3", "-2.5"]).warnings


def test_identifiers_categories_and_text() -> None:
    assert to_column([f"N{i}" for i in range(30)]).kind == "identifier"
    assert to_column([str(i) for i in range(1, 31)]).kind == "identifier"
    assert to_column([str(i * 37 % 1000) for i in range(30)], "Population").kind == "integer"
    assert to_column([str(i * 37 % 1000) for i in range(30)], "record_id").kind == "identifier"
    assert to_column(["a", "b", "c"] * 10).kind == "category"
    remarks = [f"a long remark, number {i // 2}, about something that was seen in the field" for i in range(30)]
    assert to_column(remarks).kind == "text"


def test_a_comma_follows_the_rest_of_the_file() -> None:
    assert to_column(["1,234", "5,678"]).values.to_list() == [1234, 5678]
    assert to_column(["1,234", "5,678"], comma_decimal=True).values.to_list() == [1.234, 5.678]


def test_padding_is_removed_only_if_most_cells_have_it() -> None:
    assert to_column(["Oslo  ", "Rome  ", "Paris "]).values.to_list() == ["Oslo", "Rome", "Paris"]
    assert to_column(["Oslo", "Rome ", "Paris"]).values.to_list() == ["Oslo", "Rome ", "Paris"]


def test_units_in_headers_and_stray_words_among_numbers() -> None:
    assert to_column(["1", "2"], "Body Mass (g)").unit == "g"
    assert to_column(["1", "2"], "Share (Nov 2013)").unit is None
    column = to_column([str(i) for i in range(40)] + ["Hammett"])
    assert column.values.dtype == pl.String
    assert any("'Hammett'" in warning for warning in column.warnings)


@settings(deadline=None)  # other jobs may keep the machine busy
@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_integers_survive(numbers: list[int]) -> None:
    assert to_column([str(number) for number in numbers]).values.to_list() == numbers


@settings(deadline=None)  # other jobs may keep the machine busy
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_floats_survive_bit_for_bit(numbers: list[float]) -> None:
    assert [float(value) for value in to_column([repr(number) for number in numbers]).values.to_list()] == numbers


@settings(deadline=None)  # other jobs may keep the machine busy
@given(st.lists(st.text(max_size=12), min_size=1, max_size=20))
def test_no_text_is_refused_and_no_row_is_lost(cells: list[str]) -> None:
    assert len(to_column(cells).values) == len(cells)


@pytest.mark.parametrize("cells", [["", "NA", ""], ["-", "-"], [" ", ""]])
def test_a_column_without_a_value_is_empty(cells: list[str]) -> None:
    column = to_column(cells)
    assert (column.kind, column.values.dtype, column.values.null_count()) == ("empty", pl.Null, len(cells))
    assert to_column(["None", "None"]).kind != "empty"


@pytest.mark.parametrize(("zero", "one"), [("0", "1"), ("0.0", "1.0")])
def test_zeros_and_ones_are_flags_and_reported(zero: str, one: str) -> None:
    column = to_column([one, zero, "", one])
    assert (column.kind, column.values.to_list()) == ("boolean", [True, False, None, True])
    assert f"{zero!r} and {one!r} read as booleans" in column.warnings
    assert to_column([zero, one, "2"]).kind != "boolean"
    assert to_column([one, one]).kind != "boolean"


def test_one_word_of_a_pair() -> None:
    assert to_column(["FALSE", "NA", "FALSE"]).values.to_list() == [False, None, False]
    alone = to_column(["Y", "Y"])
    assert alone.kind != "boolean"
    assert "all cells are 'Y'; kept as text, though beside 'n' they were booleans" in alone.warnings
    assert "most cells are 'n' and 'y'; kept as text because of '3'" in to_column(["Y", "N", "3"]).warnings
