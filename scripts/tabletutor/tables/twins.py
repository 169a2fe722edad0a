"""Find columns that say the same as another column: equal values, or a code beside the names it stands for."""

from collections.abc import Sequence

import polars as pl

from tabletutor.records.table import NUMERIC, TEMPORAL, ColumnProfile
from tabletutor.tables.kinds import Column

SAME_SHARE = 0.98  # of the rows
RECURRING = 0.5  # different values among the rows; names that occur once pair up with anything
GROUPING = frozenset({"category", "ordinal", "code", "date_part", "list", "label"})


def find_twins(columns: Sequence[Column], profiles: Sequence[ColumnProfile]) -> dict[str, str]:
    """Return, for each column that says the same as another one, the column that questions use instead of it.

    Of two columns with equal values that is the first one. Of groups that pair up one to one it is the one with the
    longer texts: "New York" rather than "NY".
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
    """Return how long the frequent texts of a group are, on average; 0 for all other columns."""
    if profile.role not in GROUPING or profile.kind in NUMERIC or not profile.top_values:
        return 0.0
    return sum(len(value) for value, _ in profile.top_values) / len(profile.top_values)


def _say_the_same(columns: Sequence[Column], profiles: Sequence[ColumnProfile], one: int, other: int) -> bool:
    first, second = profiles[one], profiles[other]
    left, right = columns[one].values, columns[other].values
    if first.unique < 2 or second.unique < 2:
        return False
    alike = (first.kind in NUMERIC) == (second.kind in NUMERIC) and (first.kind in TEMPORAL) == (
        second.kind in TEMPORAL
    )
    if alike and left.dtype.is_numeric() == right.dtype.is_numeric():
        either = int((left.is_not_null() | right.is_not_null()).sum())
        equal = left == right if left.dtype.is_numeric() or left.dtype == right.dtype else None
        if equal is not None and int(equal.fill_null(value=False).sum()) >= SAME_SHARE * either:
            return True
    return _pair_up(first, second, left, right)


def _pair_up(first: ColumnProfile, second: ColumnProfile, left: pl.Series, right: pl.Series) -> bool:
    """Return whether the values of two groups pair up one to one."""
    if first.role not in GROUPING or second.role not in GROUPING or min(first.unique, second.unique) < 3:
        return False
    if abs(first.unique - second.unique) > (1 - SAME_SHARE) * max(first.unique, second.unique):
        return False
    both = pl.DataFrame([left.alias("left"), right.alias("right")]).drop_nulls()
    if len(both) < (1 - 5 * (1 - SAME_SHARE)) * len(left) or first.unique > RECURRING * len(both):
        return False
    return both.n_unique() <= max(first.unique, second.unique) / SAME_SHARE
