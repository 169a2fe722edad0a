"""The leak check: what two splits must not share. It is stricter than grouping, so that pins cannot hide a leak."""

import itertools
from collections.abc import Sequence
from pathlib import Path

from loguru import logger

from tabletutor.config.tables import TablesConfig
from tabletutor.records.record import Record, read_record, write_record
from tabletutor.records.table import Splits
from tabletutor.tables.overlap import Content, Overlap, compare, read_contents


class LeakError(ValueError):
    """Data of one split occurs in another. The message names the tables, what they share and what to do."""


class PairOverlap(Record, frozen=True):
    """What two tables of different splits have in common; `rows` is the share of the smaller table's distinct rows."""

    tables: tuple[str, str]
    splits: tuple[str, str]
    same_file: bool
    shared_columns: tuple[str, ...]
    rows: float
    equal_columns: tuple[tuple[str, str], ...]


class LeakCheck(Record, frozen=True):
    """The content of `leaks.json`: the threshold, how many pairs were compared, and those with anything in common."""

    threshold: float
    pairs: int
    overlaps: tuple[PairOverlap, ...]


def check_leaks(contents: Sequence[Content], splits: Splits, config: TablesConfig) -> LeakCheck:
    """Compare every two tables of different splits.

    Raises LeakError where a pair is one file twice, shares rows from `leak_threshold` on, or has a column in common
    value for value under any name.
    """
    ordered = sorted(contents, key=lambda content: content.table)
    pairs = [(a, b) for a, b in itertools.combinations(ordered, 2) if splits.of(a.table) != splits.of(b.table)]
    found: list[PairOverlap] = []
    leaks: list[str] = []
    for first, second in pairs:
        overlap = compare(first, second)
        where = (splits.of(first.table), splits.of(second.table))
        reason = _leak(overlap, config.leak_threshold)
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
        raise LeakError(f"splits leak: {'; '.join(leaks)}. Pin both to one split, or take one out of the table list.")
    return LeakCheck(config.leak_threshold, len(pairs), tuple(found))


def check_files(
    profiles: Sequence[Path], parquets: Sequence[Path], splits: Path, config: TablesConfig, target: Path
) -> LeakCheck:
    """Run the leak check over ingested tables and write its record to `target`, unless it raises LeakError."""
    result = check_leaks(read_contents(profiles, parquets), read_record(splits, Splits), config)
    write_record(target, result)
    logger.info("{} pairs of tables in different splits compared: no leak", result.pairs)
    return result


def _leak(overlap: Overlap, threshold: float) -> str | None:
    if overlap.same_file:
        return "are the same file"
    if overlap.rows >= threshold:
        columns = ", ".join(repr(column) for column in overlap.shared_columns)
        return f"share {overlap.rows:.0%} of their rows over the columns {columns}"
    if overlap.equal_columns:
        name, other = overlap.equal_columns[0]
        return f"have one column in common value for value ({name!r} and {other!r})"
    return None
