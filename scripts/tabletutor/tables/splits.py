"""Assign each table as a whole to one split, before any question exists. Near-duplicates share a split."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

from loguru import logger

from tabletutor.config.table_list import SPLITS, ListedTable
from tabletutor.config.tables import TablesConfig
from tabletutor.records.identity import digest
from tabletutor.records.record import write_record
from tabletutor.records.table import Split, Splits, TableSplit
from tabletutor.tables.overlap import Content, TypedTable, compare, read_contents


class SplitError(ValueError):
    """The tables cannot be split as configured. The message names the tables and the remedy."""


def assign_splits(listed: Sequence[ListedTable], contents: Sequence[Content], config: TablesConfig) -> Splits:
    """Return the split of every listed table: its pin, else the hash bucket of its group of near-duplicates.

    A group has the name of its first table in the list, so adding tables at the end moves no other table. Raises
    SplitError if a group is pinned to two splits, or if train or test has no table.
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
    listed: Sequence[ListedTable], typed: Sequence[TypedTable], config: TablesConfig, output: Path
) -> Splits:
    """Assign a split to every listed table and write `splits.json`; raises SplitError as `assign_splits`."""
    splits = assign_splits(listed, read_contents(typed), config)
    write_record(output, splits)
    for split in SPLITS:
        names = [entry.table for entry in splits.tables if entry.split == split]
        logger.info("{}: {} tables ({})", split, len(names), ", ".join(names))
    return splits


def _groups(contents: Sequence[Content], threshold: float) -> dict[str, str]:
    """Return the group name of every table. Groups are the connected components of near-duplicate pairs."""
    groups = {content.table: content.table for content in contents}
    for first, second in itertools.combinations(contents, 2):
        if groups[first.table] != groups[second.table] and compare(first, second).is_near_duplicate(threshold):
            old, new = groups[second.table], groups[first.table]
            order = list(groups)
            if order.index(old) < order.index(new):
                old, new = new, old
            groups = {table: new if group == old else group for table, group in groups.items()}
    return groups


def _pins(listed: Sequence[ListedTable], groups: Mapping[str, str]) -> dict[str, Split]:
    """Return the pinned split of each group that has one. Raises SplitError on conflicting pins."""
    pins: dict[str, tuple[Split, str]] = {}
    for table in listed:
        if table.split is None:
            continue
        split, other = pins.setdefault(groups[table.table], (table.split, table.table))
        if split != table.split:
            raise SplitError(
                f"tables {other!r} and {table.table!r} are near-duplicates but pinned to {split!r} and "
                f"{table.split!r}. Pin both to one split, or remove one from the table list."
            )
    return {group: split for group, (split, _) in pins.items()}


def _bucket(group: str, shares: Mapping[Split, float]) -> Split:
    """Return the split for a group. Depends only on the hash of the group's name and the shares."""
    total = sum(shares.get(split, 0.0) for split in SPLITS)
    if total <= 0:
        raise SplitError("tables.split_shares sum to 0. Give at least one split a share above 0.")
    point = int(digest("split", group)[:13], 16) / 16**13 * total
    for split in SPLITS:
        point -= shares.get(split, 0.0)
        if point < 0:
            return split
    return next(split for split in reversed(SPLITS) if shares.get(split, 0.0) > 0)


def _refuse_empty(entries: Sequence[TableSplit]) -> None:
    """Raise SplitError if train or test has no table. Validation may be empty, as it only monitors training."""
    used = {entry.split for entry in entries}
    for split in SPLITS:
        if split != "validation" and split not in used:
            raise SplitError(
                f"no {split} table: all {len(entries)} tables went to {', '.join(s for s in SPLITS if s in used)}. "
                f"Pin a table with the value {split!r} in the column 'split' of the table list, or add tables."
            )
