"""Every table goes whole into one split, before any question exists; near-duplicates go together."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

from loguru import logger

from tabletutor.config.table_list import SPLITS, ListedTable
from tabletutor.config.tables import TablesConfig
from tabletutor.records.identity import digest
from tabletutor.records.record import write_record
from tabletutor.records.table import Split, Splits, TableSplit
from tabletutor.tables.overlap import Content, compare, read_contents


class SplitError(ValueError):
    """The tables cannot be split as asked. The message names the tables and what to do."""


def assign_splits(listed: Sequence[ListedTable], contents: Sequence[Content], config: TablesConfig) -> Splits:
    """The split of every listed table: its pin, else the hash bucket of its group of near-duplicates.

    A group is named after its first table in the list, so that adding tables at the end moves none. Raises SplitError
    where a group is pinned to two splits, or no table is in train or test.
    """
    by_table = {content.table: content for content in contents}
    groups = _groups([by_table[table.table] for table in listed], config.duplicate_threshold)
    pins = _pins(listed, groups)
    entries = [
        TableSplit(
            table=table.table,
            group=groups[table.table],
            split=pins.get(groups[table.table]) or _bucket(groups[table.table], config.split_shares),
            pinned=table.split is not None,
        )
        for table in listed
    ]
    _refuse_empty(entries)
    return Splits(tuple(sorted(entries, key=lambda entry: entry.table)))


def split_tables(
    listed: Sequence[ListedTable],
    profiles: Sequence[Path],
    parquets: Sequence[Path],
    config: TablesConfig,
    target: Path,
) -> Splits:
    """Assign splits to ingested tables (profile and Parquet files in one order) and write them to `target`."""
    splits = assign_splits(listed, read_contents(profiles, parquets), config)
    write_record(target, splits)
    for split in SPLITS:
        names = [entry.table for entry in splits.tables if entry.split == split]
        logger.info("{}: {} tables ({})", split, len(names), ", ".join(names))
    return splits


def _groups(contents: Sequence[Content], threshold: float) -> dict[str, str]:
    """Group name of every table: connected components of "is a near-duplicate of"."""
    groups = {content.table: content.table for content in contents}
    for first, second in itertools.combinations(contents, 2):
        if groups[first.table] != groups[second.table] and compare(first, second).near_duplicate(threshold):
            old, new = groups[second.table], groups[first.table]
            order = list(groups)
            if order.index(old) < order.index(new):
                old, new = new, old
            groups = {table: new if group == old else group for table, group in groups.items()}
    return groups


def _pins(listed: Sequence[ListedTable], groups: Mapping[str, str]) -> dict[str, Split]:
    pins: dict[str, tuple[Split, str]] = {}
    for table in listed:
        if table.split is None:
            continue
        split, other = pins.setdefault(groups[table.table], (table.split, table.table))
        if split != table.split:
            raise SplitError(
                f"tables {other!r} and {table.table!r} are near-duplicates but pinned to {split!r} and "
                f"{table.split!r}. Pin both to one split, or take one out of the table list."
            )
    return {group: split for group, (split, _) in pins.items()}


def _bucket(group: str, shares: Mapping[Split, float]) -> Split:
    """The bucket that the hash of a group's name falls into; depends on nothing else."""
    total = sum(shares.get(split, 0.0) for split in SPLITS)
    if total <= 0:
        raise SplitError("tables.split_shares sum to nothing. Give at least one split a share.")
    point = int(digest("split", group)[:13], 16) / 16**13 * total
    for split in SPLITS:
        point -= shares.get(split, 0.0)
        if point < 0:
            return split
    return next(split for split in reversed(SPLITS) if shares.get(split, 0.0) > 0)


def _refuse_empty(entries: Sequence[TableSplit]) -> None:
    """Validation rows only show how training goes; the other splits are needed."""
    used = {entry.split for entry in entries}
    for split in SPLITS:
        if split != "validation" and split not in used:
            raise SplitError(
                f"no {split} table: all {len(entries)} tables went to {', '.join(s for s in SPLITS if s in used)}. "
                f"Pin a table with the value {split!r} in the column 'split' of the table list, or add tables."
            )
