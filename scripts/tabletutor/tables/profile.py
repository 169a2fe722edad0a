"""Profile a typed table: counts, range, quantiles and frequent values of each column, and the row keys."""

from collections.abc import Sequence
from typing import Any, Literal

import polars as pl

from tabletutor.records.table import NUMERIC, TEMPORAL, ColumnProfile
from tabletutor.tables.dictionary.entries import Entry
from tabletutor.tables.kinds import Column
from tabletutor.tables.roles.finding import Finding
from tabletutor.tables.twins import mixes_case

TOP_VALUES = 12
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def profile_column(column: Column, finding: Finding, entry: Entry | None = None) -> ColumnProfile:
    """Return the profile of one typed column with its role, and with what a data dictionary says of it.

    Quantiles are linear, as in pandas and numpy.
    """
    present = column.values.drop_nulls()
    least, most = _range(column, present)
    quantiles: tuple[float, ...] = ()
    if column.kind in NUMERIC and len(present):
        quantiles = tuple(float(present.quantile(q, interpolation="linear") or 0.0) for q in QUANTILES)
    return ColumnProfile(
        name=column.name,
        kind=column.kind,
        missing=column.values.null_count(),
        unique=present.n_unique(),
        min=least,
        max=most,
        quantiles=quantiles,
        top_values=_top_values(present),
        unit=(entry.unit if entry else None) or column.unit or finding.unit,
        role=finding.role,
        role_reason=finding.reason,
        levels=finding.levels,
        separator=finding.separator,
        title=entry.title if entry else None,
        description=entry.description if entry else None,
        mixes_case=mixes_case(column),
        grain=_date_grain(column, present),
    )


def _date_grain(column: Column, present: pl.Series) -> Literal["year", "month"] | None:
    """Return whether all dates of a column are the first day of a year, or of a month."""
    if column.kind != "date" or present.n_unique() < 2:
        return None
    if bool((present.dt.truncate("1y") == present).all()):
        return "year"
    return "month" if bool((present.dt.truncate("1mo") == present).all()) else None


def row_keys(profiles: Sequence[ColumnProfile], rows: int) -> tuple[str, ...]:
    """Return the columns that alone identify each row. Numbers that happen to be unique do not count."""
    kinds = ("identifier", "category", "text", "date", "datetime")
    return tuple(p.name for p in profiles if p.kind in kinds and p.missing == 0 and p.unique == rows)


def value_text(value: Any) -> str:
    """Return a value as text: ISO 8601 for dates and times, Python's shortest form for numbers."""
    if hasattr(value, "isoformat"):
        text: str = value.isoformat()
        return text.removesuffix("T00:00:00")
    return str(value)


def _range(column: Column, present: pl.Series) -> tuple[float | str | None, float | str | None]:
    """Return minimum and maximum of a column of numbers or dates, else None twice."""
    if not len(present):
        return None, None
    low: Any = present.min()
    high: Any = present.max()
    if column.values.dtype.is_numeric():
        return float(low), float(high)
    if column.kind in TEMPORAL:
        return value_text(low), value_text(high)
    return None, None


def _top_values(present: pl.Series) -> tuple[tuple[str, int], ...]:
    if not len(present):
        return ()
    counts = present.alias("value").value_counts(name="count").sort(["count", "value"], descending=[True, False])
    return tuple((value_text(value), int(count)) for value, count in counts.head(TOP_VALUES).iter_rows())
