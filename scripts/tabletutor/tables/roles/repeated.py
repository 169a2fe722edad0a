"""Find measures that the rows of a group repeat: the votes of a state and a year, on the row of each candidate."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import polars as pl

from tabletutor.records.table import NUMERIC
from tabletutor.tables.kinds import Column
from tabletutor.tables.roles.finding import Finding

REPEATED = "the rows of a group repeat it"
KEYS = frozenset({"category", "code", "label", "year", "date_part", "date", "ordinal"})
MEASURES = frozenset({"additive", "intensive", "duration"})
MAX_KEYS = 8
MAX_LEVELS = 0.34  # of the rows: a key has three rows for each of its values
ROWS_EACH = 3  # rows of a group, on average
TELLING = 0.5  # different values among the groups; a measure of few values may repeat by chance
SAMPLE = 2000  # rows that are looked at first
CROSSED = 2  # groups for each value of a key: the name of a product and its code are no pair
EXCEPTIONS = 1.05  # values for each group, on average
MIN_GROUPS = 10


def mark_repeated(columns: Sequence[Column], found: Sequence[Finding]) -> list[Finding]:
    """Return the findings, with a note on each measure that has one value for each pair or triple of keys."""
    measures = [
        place
        for place, (column, finding) in enumerate(zip(columns, found, strict=True))
        if column.kind in NUMERIC and finding.role in MEASURES
    ]
    frame = pl.DataFrame([column.values.alias(str(place)) for place, column in enumerate(columns)])
    keys = _keys(found, frame)
    notes: dict[int, str] = {}
    for group in (*combinations(keys, 2), *combinations(keys, 3)):
        for place in _repeated(frame, group, [place for place in measures if place not in notes]):
            names = " and ".join(repr(columns[key].name) for key in group)
            notes[place] = f"{found[place].reason}; {REPEATED}: one value for each {names}"
    return [replace(finding, reason=notes[place]) if place in notes else finding for place, finding in enumerate(found)]


def _keys(found: Sequence[Finding], frame: pl.DataFrame) -> list[int]:
    """Return the columns that can be keys, without those that another one gives."""
    keys: list[int] = []
    for place, finding in enumerate(found):
        if finding.role not in KEYS or not 1 < frame[str(place)].n_unique() <= MAX_LEVELS * len(frame):
            continue
        levels = [(frame[str(key)].n_unique(), frame.select(str(key), str(place)).n_unique()) for key in keys]
        if all(both > alone for alone, both in levels):
            keys.append(place)
    return keys[:MAX_KEYS]


def _repeated(frame: pl.DataFrame, group: Sequence[int], measures: Sequence[int]) -> Iterator[int]:
    """Yield the measures with one value in each group of rows that no key alone gives."""
    keys = [str(place) for place in group]
    values = [str(place) for place in measures if _is_one_in_each(frame.head(SAMPLE), keys, str(place))]
    if not values:
        return
    groups = frame.select(keys).n_unique()
    crossed = groups >= CROSSED * max(frame[key].n_unique() for key in keys)
    if not crossed or groups < MIN_GROUPS or groups * ROWS_EACH > len(frame):
        return
    for value in values:
        telling = frame[value].n_unique() >= TELLING * groups
        alone = any(_is_one_in_each(frame, [key], value) for key in keys)
        if telling and not alone and _is_one_in_each(frame, keys, value):
            yield int(value)


def _is_one_in_each(frame: pl.DataFrame, keys: Sequence[str], value: str) -> bool:
    """Return whether hardly any group has two values, such as a state with two elections in a year."""
    known = frame.select(*keys, value).filter(pl.col(value).is_not_null())
    return known.n_unique() <= EXCEPTIONS * known.select(keys).n_unique()
