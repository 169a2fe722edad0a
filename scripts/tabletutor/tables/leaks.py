"""Check that splits share no data. Stricter than grouping near-duplicates, so a pinned split cannot hide a leak."""

import itertools
from collections.abc import Sequence
from pathlib import Path

from loguru import logger

from tabletutor.config.tables import TablesConfig
from tabletutor.records.record import Record, read_record, write_record
from tabletutor.records.table import Splits
from tabletutor.tables.overlap import Content, Overlap, TypedTable, compare, read_contents


class LeakError(ValueError):
    """Two splits share data. The message names the tables, the shared data and the remedy."""


class PairOverlap(Record, frozen=True):
    """The overlap of two tables in different splits. `rows`: shared rows as a share of the smaller table's rows."""

    tables: tuple[str, str]
    splits: tuple[str, str]
    same_file: bool
    shared_columns: tuple[str, ...]
    rows: float
    equal_columns: tuple[tuple[str, str], ...]


class LeakCheck(Record, frozen=True):
    """The content of `leaks.json`: the threshold, the number of compared pairs, and the pairs with any overlap."""

    threshold: float
    pairs: int
    overlaps: tuple[PairOverlap, ...]


def check_leaks(contents: Sequence[Content], splits: Splits, config: TablesConfig) -> LeakCheck:
    """Compare every pair of tables in different splits.

    Raises LeakError if two tables are the same file, share at least `leak_threshold` of their rows, or have a column
    with equal values under any name.
    """
    ordered = sorted(contents, key=lambda content: content.table)
    pairs = [(a, b) for a, b in itertools.combinations(ordered, 2) if splits.of(a.table) != splits.of(b.table)]
    found: list[PairOverlap] = []
    leaks: list[str] = []
    for first, second in pairs:
        overlap = compare(first, second)
        where = (splits.of(first.table), splits.of(second.table))
        reason = _leak_reason(overlap, config.leak_threshold)
        if reason:
            leaks.append(f"{first.table} ({where[0]}) and {second.table} ({where[1]}) {reason}")
        if overlap.same_file or overlap.rows > 0 or overlap.equal_columns:
            found.append(
                PairOverlap(
                    (first.table, second.table),
                    where,
                    overlap.same_file,
                    overlap.shared_columns,
                    overlap.rows,
                    overlap.equal_columns,
                )
            )
    if leaks:
        remedy = "Pin both tables to one split, or remove one from the table list."
        raise LeakError(f"splits share data: {'; '.join(leaks)}. {remedy}")
    return LeakCheck(config.leak_threshold, len(pairs), tuple(found))


def check_files(typed: Sequence[TypedTable], *, splits: Path, config: TablesConfig, output: Path) -> LeakCheck:
    """Run the leak check over ingested tables and write its record to `output`, unless it raises LeakError."""
    result = check_leaks(read_contents(typed), read_record(splits, Splits), config)
    write_record(output, result)
    logger.info("{} pairs of tables in different splits compared: no leak", result.pairs)
    return result


def _leak_reason(overlap: Overlap, threshold: float) -> str | None:
    """Return why two tables must not be in different splits, or None."""
    if overlap.same_file:
        return "are the same file"
    if overlap.rows >= threshold:
        columns = ", ".join(repr(column) for column in overlap.shared_columns)
        return f"share {overlap.rows:.0%} of their rows over the columns {columns}"
    if overlap.equal_columns:
        name, other = overlap.equal_columns[0]
        return f"have a column with equal values ({name!r} and {other!r})"
    return None
