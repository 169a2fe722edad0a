"""Compare values and rows that were written with those that were read, and match rows when some are missing."""

import math
from difflib import SequenceMatcher

Row = tuple[object, ...]


def is_same(value: object, got: object) -> bool:
    """Return whether a value was read as it was written."""
    if isinstance(value, float) and isinstance(got, int | float):
        return value == got or (math.isnan(value) and math.isnan(got))
    return value == got


def is_same_row(row: Row, other: Row) -> bool:
    """Return whether all values of a row were read as they were written."""
    return all(is_same(a, b) for a, b in zip(row, other, strict=True))


def align_rows(written: list[Row], read: list[Row]) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Match written rows with read rows by their most reliable columns.

    Returns:
        Pairs of indexes of matching rows, indexes of written rows that were not read, and indexes of read rows that
        were not written.
    """
    if len(written) == len(read):
        return [(row, row) for row in range(len(written))], [], []
    columns = range(len(written[0]))
    common = [len({repr(r[i]) for r in written} & {repr(r[i]) for r in read}) for i in columns]
    good = [i for i in columns if common[i] >= 0.5 * len({repr(r[i]) for r in written})] or list(columns)
    keys = [[repr([_comparable(row[i]) for i in good]) for row in rows] for rows in (written, read)]
    pairs: list[tuple[int, int]] = []
    lost: list[int] = []
    added: list[int] = []
    for _, a, b, c, d in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        shared = min(b - a, d - c)
        pairs += [(a + i, c + i) for i in range(shared)]
        lost += range(a + shared, b)
        added += range(c + shared, d)
    return pairs, lost, added


def _comparable(value: object) -> object:
    return float(value) if isinstance(value, int | float) else value
