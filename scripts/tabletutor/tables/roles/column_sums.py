"""Find columns that are the sum of other columns, row by row: "total" beside the votes of each candidate."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import polars as pl

from tabletutor.records.table import NUMERIC, ColumnSum
from tabletutor.tables.kinds import Column
from tabletutor.tables.roles.finding import Finding

ADDED = frozenset({"additive", "duration"})
MAX_COLUMNS = 40
MAX_CHOSEN = 12  # columns of which all pairs and triples are tried
SAMPLE = 200  # rows that a sum must fit before all rows are looked at
MIN_ROWS = 10
MOST = 0.99  # of the rows
ROUNDING = 0.001  # of the total
MIN_PARTS = 2
MIN_MIXED = 0.1  # of the rows in which two parts or more differ from 0; else one part is the total


def find_column_sums(columns: Sequence[Column], findings: Sequence[Finding]) -> tuple[ColumnSum, ...]:
    """Return the columns that equal the sum of others in nearly all rows, up to rounding, in their order.

    Tried are all pairs and triples of a dozen columns, all columns that follow one another beside the total, and all
    columns together.
    """
    if len(columns[0].values) < MIN_ROWS:
        return ()
    found: dict[str, ColumnSum] = {}
    for roles in (ADDED, ADDED | {"intensive"}):  # a density between a total and its parts does not hide them
        names = [
            column.name
            for column, finding in zip(columns, findings, strict=True)
            if column.kind in NUMERIC and finding.role in roles
        ][:MAX_COLUMNS]
        frame = pl.DataFrame([column.values.cast(pl.Float64) for column in columns if column.name in names])
        if len(names) > MIN_PARTS:
            few = frame.sample(min(SAMPLE, len(frame)), seed=0)
            for total in set(names) - set(found):
                sums = (p for p in _choices(total, names, few) if _is_sum(few, total, p) and _is_sum(frame, total, p))
                if parts := next(sums, None):
                    found[total] = ColumnSum(total, parts)
    return tuple(found[column.name] for column in columns if column.name in found)


def _choices(total: str, names: Sequence[str], few: pl.DataFrame) -> Iterator[tuple[str, ...]]:
    """Yield the columns that may be the parts of a total."""
    place = names.index(total)
    for end in range(place + 1 + MIN_PARTS, len(names) + 1):
        yield tuple(names[place + 1 : end])
    for start in range(place - MIN_PARTS, -1, -1):
        yield tuple(names[start:place])
    rest = tuple(name for name in names if name != total)
    yield rest
    signed = any(bool((few[name] < 0).any()) for name in names)
    least = MOST * few[total].count()
    smaller = [name for name in rest if signed or (few[name] <= few[total] * (1 + ROUNDING)).sum() >= least]
    for size in (2, 3):
        yield from combinations(smaller[:MAX_CHOSEN], size)


def _is_sum(frame: pl.DataFrame, total: str, parts: Sequence[str]) -> bool:
    """Return whether a column equals the sum of others in nearly all rows in which all of them have a value."""
    known = frame.select(total, *parts).drop_nulls()
    if len(known) < max(MIN_ROWS, len(frame) / 2):
        return False
    whole = known[total]
    equal = (known.select(pl.sum_horizontal(*parts)).to_series() - whole).abs() <= ROUNDING * whole.abs()
    if equal.sum() < MOST * len(known):
        return False
    filled = [(known[part] != 0) & (whole != 0) for part in parts]
    mixed = int((pl.DataFrame([f.alias(str(i)) for i, f in enumerate(filled)]).sum_horizontal() >= MIN_PARTS).sum())
    return all(bool(f.any()) for f in filled) and mixed >= max(MIN_ROWS, MIN_MIXED * len(known))
