"""Find columns that say the same as another one: equal values, a code beside its names, a measure and its square."""

import re
from collections.abc import Sequence

import polars as pl

from tabletutor.records.table import NUMERIC, TEMPORAL, ColumnProfile
from tabletutor.tables.kinds import Column

SAME_SHARE = 0.98  # of the rows
COMPUTED = re.compile(r"^(?:log|ln)|(?:sq|squared|log)$")
LEAST = 0.1
GOOD_LENGTH = 15  # characters of a name
RECURRING = 0.5  # different values among the rows; names that occur once pair up with anything
MANY = 10
MEASURES = frozenset({"additive", "intensive", "duration"})
GROUPING = frozenset({"category", "ordinal", "code", "date_part", "list", "label"})


def find_twins(columns: Sequence[Column], profiles: Sequence[ColumnProfile]) -> dict[str, str]:
    """Return, for each column that says the same as another one, the column that questions use instead of it.

    Of two columns with equal values, and of two measures that pair up one to one, that is the first one. Of groups that
    pair up it is the one with the better names: "New York" rather than "NY".
    """
    order = sorted(range(len(columns)), key=lambda place: -_wordiness(profiles[place]))
    twins: dict[str, str] = {}
    used: list[int] = []
    for place in order:
        same = (other for other in used if _say_the_same(columns, profiles, place, other))
        twin = next(same, None)
        if twin is None:
            used.append(place)
        else:
            twins[profiles[place].name] = profiles[twin].name
    return twins


def mixes_case(column: Column) -> bool:
    """Return whether two different values of a column of text are equal but for upper and lower case or spaces."""
    if column.values.dtype != pl.String:
        return False
    distinct = column.values.drop_nulls().unique()
    return distinct.str.strip_chars().str.to_lowercase().n_unique() < len(distinct)


def _wordiness(profile: ColumnProfile) -> float:
    """Return how good a column is to speak of: names before codes before numbers, and logarithms and squares last.

    Longer texts are better names, up to a length: "CLRD" is shorter than a name, a whole sentence is clumsy.
    """
    if profile.kind in NUMERIC or profile.role not in GROUPING or not profile.top_values:
        return -1.0 if COMPUTED.search(profile.name.lower()) else 0.0
    length = sum(len(value) for value, _ in profile.top_values) / len(profile.top_values)
    return LEAST if profile.role == "code" else max(min(length, 2 * GOOD_LENGTH - length), 2 * LEAST)


def _say_the_same(columns: Sequence[Column], profiles: Sequence[ColumnProfile], one: int, other: int) -> bool:
    first, second = profiles[one], profiles[other]
    left, right = columns[one].values, columns[other].values
    if first.unique < 2 or second.unique < 2:
        return False
    alike = (first.kind in NUMERIC) == (second.kind in NUMERIC) and (first.kind in TEMPORAL) == (
        second.kind in TEMPORAL
    )
    if alike and left.dtype.is_numeric() == right.dtype.is_numeric():
        told = left.is_not_null() | right.is_not_null()
        if left.dtype.is_numeric():
            told &= (left.fill_null(1) != 0) | (right.fill_null(1) != 0)  # nearly all values of two columns may be 0
        equal = left == right if left.dtype.is_numeric() or left.dtype == right.dtype else None
        if equal is not None and 0 < SAME_SHARE * int(told.sum()) <= int((equal.fill_null(value=False) & told).sum()):
            return True
    return _pair_up(first, second, left, right)


def _pair_up(first: ColumnProfile, second: ColumnProfile, left: pl.Series, right: pl.Series) -> bool:
    """Return whether the values of two groups, or of two measures such as a wage and its square, pair up one to one."""
    groups = first.role in GROUPING and second.role in GROUPING
    measures = first.role in MEASURES and second.role in MEASURES
    if not (groups or measures) or min(first.unique, second.unique) < (MANY if measures else 3):
        return False
    if abs(first.unique - second.unique) > (1 - SAME_SHARE) * max(first.unique, second.unique):
        return False
    both = pl.DataFrame([left.alias("left"), right.alias("right")]).drop_nulls()
    if len(both) < (1 - 5 * (1 - SAME_SHARE)) * len(left) or first.unique > RECURRING * len(both):
        return False
    return both.n_unique() <= max(first.unique, second.unique) / SAME_SHARE
