"""Dates in common forms are read completely, or the column stays text and the profile says why."""

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.config.tables import TablesConfig
from tabletutor.tables.kinds import Column, convert, examine

MARKERS = TablesConfig().missing_markers
DAYS = [datetime(2019, 1, 3, tzinfo=UTC) + timedelta(days=37 * step) for step in range(48)]


def to_column(cells: list[str], header: str = "x") -> Column:
    series = pl.Series(header, cells, dtype=pl.String)
    return convert(series, examine(series, header, MARKERS), comma_decimal=False)


def read(cells: list[str], header: str = "x") -> list[str | None]:
    column = to_column(cells, header)
    assert column.values.dtype == pl.Datetime("us"), column.warnings
    assert column.kind == (
        "datetime" if any(value.time() != datetime.min.time() for value in column.values) else "date"
    )
    return [None if value is None else value.isoformat().removesuffix("T00:00:00") for value in column.values]


@pytest.mark.parametrize(
    "written",
    [
        "%B %d, %Y", "%b %d, %Y", "%b. %d, %Y", "%B %d %Y", "%b-%d-%Y", "%d %B %Y", "%d %b %Y", "%d. %B %Y", "%d-%b-%Y",
        "%d/%B/%Y", "%d%b%Y", "%dth of %B %Y", "%Y %B %d", "%Y-%b-%d", "%A, %B %d, %Y", "%a %d %b %Y", "%Y-%m-%d",
        "%Y/%m/%d", "%Y.%m.%d", "%m/%d/%Y", "%d-%m-%Y", "%d.%m.%Y",
    ],
)  # fmt: skip
@pytest.mark.parametrize("clock", ["", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S%p"])
def test_every_order_with_every_clock(written: str, clock: str) -> None:
    days = [day + timedelta(hours=7 * place, minutes=place) if clock else day for place, day in enumerate(DAYS)]
    assert read([day.strftime(written + clock) for day in days]) == [
        day.replace(tzinfo=None).isoformat().removesuffix("T00:00:00") for day in days
    ]


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (["03-JAN-19", "09-FEB-69"], ["2019-01-03", "1969-02-09"]),
        (["4 Mar '19", "31 Dec ’68"], ["2019-03-04", "2068-12-31"]),
        (["1/31/99", "2/1/00"], ["1999-01-31", "2000-02-01"]),
        # Oracle writes the year first. One value in the first place and many in the last show it.
        (["19-01-03", "19-02-09", "19-03-18", "19-04-24"], ["2019-01-03", "2019-02-09", "2019-03-18", "2019-04-24"]),
        (["99-01-03", "19-02-09"], ["1999-01-03", "2019-02-09"]),
    ],
)
def test_two_digit_years_lie_between_1969_and_2068_and_are_reported(cells: list[str], days: list[str]) -> None:
    assert read(cells) == days
    assert any(
        remark == "two-digit years: 69-99 read as 1969-1999, 00-68 as 2000-2068" for remark in to_column(cells).warnings
    )


def test_a_two_digit_year_after_many_of_four_digits() -> None:
    cells = [f"{day.month}/{day.day}/{day.year}" for day in DAYS + [day + timedelta(days=9) for day in DAYS]]
    assert len(set(cells)) > 64
    assert read([*cells, "9/9/24"])[-1] == "2024-09-09"
    assert any("two-digit years in 1 distinct cells" in remark for remark in to_column([*cells, "9/9/24"]).warnings)


def test_one_odd_cell_after_many_dates_keeps_text_and_is_named() -> None:
    cells = sorted(day.strftime("%Y-%m-%d") for day in DAYS)
    for odd in ("20224-09-09", "2022-02-30", "2022-01-01 25:00", "spring 2022", "224-01-01", "-2022-01-01"):
        column = to_column([*cells, odd])
        assert column.values.to_list() == [*cells, odd]
        assert f"nearly all cells are dates; kept as text because of {odd!r}" in column.warnings


@pytest.mark.parametrize(
    ("cells", "rivals"),
    [
        (["01/02/2003", "03/04/2005"], "day and month cannot be told apart; read as month/day/year, day/month/year"),
        (["01-02-2003", "03-04-2005"], "day and month cannot be told apart; read as day-month-year, month-day-year"),
        (["19-01-03", "19-02-09"], "day, month and year cannot be told apart; read as year-month-day, day-month-year"),
        # Monthly figures are not read as days of the years 2001 or 2028 to 2031.
        (["01-01-19", "01-02-20", "01-03-21"], "day, month and year cannot be told apart; read as day-month-year"),
        (["31-01-19", "28-02-20", "31-03-21"], "day, month and year cannot be told apart; read as day-month-year"),
    ],
)
def test_rival_readings_are_reported(cells: list[str], rivals: str) -> None:
    assert any(remark.startswith(rivals) for remark in to_column(cells).warnings), to_column(cells).warnings


@pytest.mark.parametrize(
    "cells",
    [
        ["Jan 2021", "Feb 2021"],
        ["January 2021", "Feb 2021"],
        ["Jan-2021", "Feb-2021"],
        ["2021 Jan", "2021 Feb"],
        ["2021-01", "2021-02"],
        ["2021/01", "2021/02"],
        ["01/2021", "02/2021"],
        ["Jan '21", "Feb '21"],
    ],
)
def test_months_become_their_first_day_and_are_reported(cells: list[str]) -> None:
    assert read(cells) == ["2021-01-01", "2021-02-01"]
    assert "months without a day: read as the first day of the month" in to_column(cells).warnings


def test_a_month_at_the_turn_of_the_century_is_no_day() -> None:
    assert read(["Dec 1999", "Jan 2000"]) == ["1999-12-01", "2000-01-01"]
    assert read(["Dec-99", "Jan-00"]) == ["1999-12-01", "2000-01-01"]


@pytest.mark.parametrize(
    "cells",
    [
        ["2009-10", "2010-11", "2011-12"],  # seasons
        ["Jan-21", "Feb-22", "Mar-23"],  # days, or months of two-digit years
        ["3 Jan", "4 Feb", "5 Mar"],
        ["2021Q3", "2021Q4", "2022Q1"],
        ["2021W05", "2021W06", "2021W07"],
        ["12h30", "13h45", "7h05"],
        ["1:23:45", "0:12:07", "12:00:00"],
    ],
)
def test_cells_that_name_no_day_stay_text_with_a_warning(cells: list[str]) -> None:
    column = to_column(cells)
    assert column.values.to_list() == cells
    assert f"all cells look like {sorted(cells)[0]!r}; kept as text" in column.warnings


@pytest.mark.parametrize("zero", ["0000-01-01", "0000-00-00", "0000-00-00 00:00:00"])
def test_a_day_of_the_year_zero_is_missing_and_reported(zero: str) -> None:
    cells = [day.strftime("%Y-%m-%d") for day in DAYS]
    assert to_column([zero, *cells]).values.to_list()[:2] == [None, DAYS[0].replace(tzinfo=None)]
    assert f"1 cells {zero!r} taken as missing: they name no day" in to_column([zero, *cells]).warnings


def test_times_outside_the_range_of_python_stay_text() -> None:
    cells = [f"2019-01-{day:02d}T23:00:00-05:00" for day in range(1, 21)]
    for late in ("9999-12-31T23:00:00-05:00", "0001-01-01T00:00:00+05:00"):
        column = to_column([*cells, late])
        assert column.values.dtype == pl.String
        assert any(late in remark for remark in column.warnings)
    assert read(["0001-01-01", "9999-12-31"]) == ["0001-01-01", "9999-12-31"]


@pytest.mark.parametrize(
    ("cells", "instants", "remark"),
    [
        (["2021-10-01T12:55Z", "2021-10-02T18:59:14Z"], ["2021-10-01T12:55:00", "2021-10-02T18:59:14"], "UTC"),
        (["2021-10-01T12:55:00.5", "2021-10-02T18:59"], ["2021-10-01T12:55:00.500000", "2021-10-02T18:59:00"], None),
        (["2021-10-01", "2021-10-02T18:59:14Z"], ["2021-10-01", "2021-10-02T18:59:14"], "read as midnight"),
        (["2021-10-01 10:00 +0530", "2021-10-02 10:00 -08"], ["2021-10-01T04:30:00", "2021-10-02T18:00:00"], "UTC"),
        (["20211001T125500Z", "20211002T1859Z"], ["2021-10-01T12:55:00", "2021-10-02T18:59:00"], "UTC"),
        (["2021-10-01T12:55:00.123456789"], ["2021-10-01T12:55:00.123456"], "after six digits"),
        (["Fri, 01 Oct 2021 12:55:00 GMT"], ["2021-10-01T12:55:00"], "UTC"),
        (["01/Oct/2021:12:55:36 -0700"], ["2021-10-01T19:55:36"], "UTC"),
        (["10/1/2021 12:05 AM", "10/31/2021 12:00 p.m."], ["2021-10-01T00:05:00", "2021-10-31T12:00:00"], None),
    ],
)
def test_instants_of_mixed_precision(cells: list[str], instants: list[str], remark: str | None) -> None:
    assert read(cells) == instants
    assert remark is None or any(remark in warning for warning in to_column(cells).warnings)


@pytest.mark.parametrize(
    "cells",
    [
        ["2021-10-01T12:55", "2021-10-02T18:59Z"],
        ["2021-10-01", "2021-10-02T18:59+02:00"],
        ["2021-10-01 1:55", "2021-10-02 1:59 PM"],
        ["2021-10-01 13:55 PM"],
        ["2021-10-01 23:59:60"],
        ["2021-10-01 24:00"],
        ["2021-10-01 10"],
        ["2021-10-01T10:00+25:00"],
    ],
)
def test_inconsistent_times_of_day_stay_text(cells: list[str]) -> None:
    assert to_column(cells).values.to_list() == cells


def test_times_with_and_without_a_zone_are_reported() -> None:
    cells = [f"2021-10-{day:02d}T12:55{'Z' if day % 2 else ''}" for day in range(1, 31)]
    remark = "all cells are dates, but not all name a time zone or a half of the day; kept as text"
    assert remark in to_column(cells).warnings


@given(
    st.lists(
        st.datetimes(
            datetime(2, 1, 1),  # noqa: DTZ001  (hypothesis wants them naive)
            datetime(9998, 12, 31),  # noqa: DTZ001
            timezones=st.integers(-14 * 60, 14 * 60).map(lambda east: timezone(timedelta(minutes=east))),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_iso_instants_of_all_years_survive(instants: list[datetime]) -> None:
    values = to_column([instant.isoformat() for instant in instants]).values.to_list()
    assert values == [instant.astimezone(UTC).replace(tzinfo=None) for instant in instants]
