"""Find values of a category column whose rows are totals over its other values: "All", "Both sexes", "United States".

A word that names a whole is evidence, and so is arithmetic: in each group of rows that agree in the other categories,
the value of a measure equals the sum of all others. A word alone counts only if it can mean nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from tabletutor.records.table import NUMERIC, Total
from tabletutor.tables.kinds import Column
from tabletutor.tables.roles.finding import Finding
from tabletutor.tables.roles.wholes import is_whole, is_whole_of

TOTALLED = frozenset({"category", "label", "code", "ordinal", "identifier", "date_part"})
GROUPING = frozenset({"category", "ordinal", "flag", "year", "date_part", "date"})
MAX_VALUES = 2000
MAX_KEYS = 6
MAX_MEASURES = 8
MIN_OTHERS = 2
LIMITS = {"same": 1e-9, "equal": 0.002, "rough": 0.05}  # sums of rounded numbers are off by a little
MOST_ROWS = 1.5
MOST_GROUPS = 0.9
MIN_GROUPS = 4
MIN_MEASURES = 2
SMALLEST_SUM = 20.0  # below it, numbers may be equal by accident


@dataclass(frozen=True)
class _Table:
    """The typed columns as a frame with numbered columns, with what they are."""

    frame: pl.DataFrame
    columns: Sequence[Column]
    findings: Sequence[Finding]


@dataclass(frozen=True)
class _Sums:
    """Counts of groups: the rows of one value equal the sum of the others, roughly equal it, or were compared.

    `measures` counts the measures for which all are the same to the last digit. `groups` is 1 only if all rows are one
    group.
    """

    equal: int
    rough: int
    compared: int
    measures: int
    groups: int

    @property
    def are_exact(self) -> bool:
        """Return whether nearly all are equal, and enough for this to be no accident."""
        several = self.groups == 1 and self.measures >= MIN_MEASURES
        return self.equal >= MOST_GROUPS * self.compared and (several or self.groups >= MIN_GROUPS)

    @property
    def are_rough(self) -> bool:
        """Return whether nearly all are roughly equal, and enough for this to be no accident."""
        return self.rough >= MOST_GROUPS * self.compared and self.groups >= MIN_GROUPS


class _Comparison(NamedTuple):
    """Counts of groups for one value and one measure: the same to the last digit, equal after rounding, near."""

    value: str | None
    same: int
    equal: int
    rough: int
    compared: int


def find_totals(columns: Sequence[Column], findings: Sequence[Finding]) -> tuple[Total, ...]:
    """Return the total values of all columns, in their order. The value "" stands for rows without a value."""
    table = _Table(pl.DataFrame([c.values.alias(str(i)) for i, c in enumerate(columns)]), columns, findings)
    found: list[Total] = []
    for index, (column, finding) in enumerate(zip(columns, findings, strict=True)):
        text = column.values.dtype == pl.String
        if text and finding.role in TOTALLED and 2 < column.values.n_unique() <= MAX_VALUES:
            found += _column_totals(table, index)
    return tuple(found)


def _column_totals(table: _Table, index: int) -> list[Total]:
    column = table.columns[index]
    values: list[str] = column.values.drop_nulls().unique().sort().to_list()
    sums = _sums(table, index)
    found: list[Total] = []
    for value in [*values, None]:
        if value is None and not column.values.null_count():
            continue
        reason = _reason(value, values, sums.get(value))
        if reason is not None and (sums.get(value) is not None or _is_largest(table, index, value)):
            found.append(Total(column.name, value or "", reason))
    return found if len(found) < column.values.n_unique() - 1 else []


def _is_largest(table: _Table, index: int, value: str | None) -> bool:
    """Return whether a value that names a whole can be one: among names that occur once, none has larger measures.

    "Total" is also an oil company.
    """
    name = str(index)
    if table.findings[index].role not in ("label", "identifier"):
        return True
    measures = [
        str(i)
        for i, (column, finding) in enumerate(zip(table.columns, table.findings, strict=True))
        if column.kind in NUMERIC and finding.role == "additive"
    ]
    own = table.frame.filter(pl.col(name) == value)
    others = table.frame.filter(pl.col(name) != value)
    larger = [bool((own[each].max() or 0) >= (others[each].max() or 0)) for each in measures]  # pyright: ignore[reportOperatorIssue]
    return not larger or sum(larger) > len(larger) / 2


def _reason(value: str | None, values: Sequence[str], sums: _Sums | None) -> str | None:
    """Return why the rows of a value are totals, or None if they are not."""
    if sums is not None and sums.are_exact:
        return f"its rows equal the sums of the others ({sums.equal} of {sums.compared} compared)"
    rough = sums is not None and sums.are_rough
    if value is None:
        return "rows without a value are about the sums of the others" if rough else None
    if is_whole(value, values):
        return f"{value!r} names a whole" + (", and its rows are about the sums of the others" if rough else "")
    if is_whole_of(value, values):
        return f"{value!r} names a whole of which other values are parts"
    return None


def _sums(table: _Table, index: int) -> dict[str | None, _Sums]:
    """Return, for each value that is ever the sum of the others within a group, how often it is.

    Groups are rows that agree in the other categories, years and dates. Categories that only rename this one (a code
    beside its name) are no keys. Groups with fewer than two other values, or a small sum, are not compared.
    """
    name = str(index)
    keys = _keys(table, index)
    measures = [
        str(i)
        for i, (column, finding) in enumerate(zip(table.columns, table.findings, strict=True))
        if column.kind in NUMERIC and finding.role == "additive"
    ]
    counts: dict[str | None, list[int]] = {}
    agreeing: dict[str | None, set[str]] = {}
    for measure in measures[:MAX_MEASURES]:
        for each in _compare(table.frame, name, keys, measure):
            tally = counts.setdefault(each.value, [0, 0, 0, 2])
            tally[0] += each.equal
            tally[1] += each.rough
            tally[2] += each.compared
            tally[3] = max(tally[3], each.compared)
            if each.same == each.compared:
                agreeing.setdefault(each.value, set()).add(measure)
    return {
        value: _Sums(e, r, c, len(agreeing.get(value, ())), most if keys else 1)
        for value, (e, r, c, most) in counts.items()
    }


def _keys(table: _Table, index: int) -> list[str]:
    """Return the columns that group rows when this column's values are compared."""
    own = str(index)
    distinct = table.frame[own].n_unique()
    keys: list[str] = []
    for i, (column, finding) in enumerate(zip(table.columns, table.findings, strict=True)):
        groups = finding.role in GROUPING or (finding.role in ("code", "label") and column.kind not in ("text",))
        if i == index or not groups or len(keys) == MAX_KEYS:
            continue
        together = table.frame.select(own, str(i)).n_unique()
        if together > distinct:
            keys.append(str(i))
    return keys


def _compare(frame: pl.DataFrame, name: str, keys: list[str], measure: str) -> list[_Comparison]:
    """Return how each value that is ever roughly the sum of the others compares with it.

    A value with many more rows than the others have on average is no total, however large its sum is.
    """
    cells = frame.select(name, *keys, pl.col(measure).cast(pl.Float64)).drop_nulls(measure)
    cells = cells.group_by(name, *keys).agg(pl.col(measure).sum().alias("value"), pl.len().alias("rows"))
    over = keys or [pl.lit(1)]
    groups = cells.with_columns(
        (pl.col("value").sum().over(over) - pl.col("value")).alias("others"),
        (pl.col("rows").sum().over(over) - pl.col("rows")).alias("other_rows"),
        pl.len().over(over).alias("size"),
    ).filter((pl.col("size") > MIN_OTHERS) & (pl.col("others") >= SMALLEST_SUM))
    off = (pl.col("value") - pl.col("others")).abs() / pl.col("others")
    few = pl.col("rows") <= MOST_ROWS * pl.col("other_rows") / (pl.col("size") - 1)
    compared = (
        groups.with_columns(pl.when(few).then(off).otherwise(1.0).alias("off"))
        .group_by(name)
        .agg(
            *((pl.col("off") <= limit).sum().alias(limit_name) for limit_name, limit in LIMITS.items()),
            pl.len().alias("compared"),
        )
        .filter(pl.col("rough") > 0)
        .sort(name, nulls_last=True)
    )
    return [_Comparison(*row) for row in compared.iter_rows()]
