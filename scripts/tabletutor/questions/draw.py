"""Draw columns, values and thresholds at random from a table's profile, for the families of questions."""

import math
import random
from collections.abc import Sequence
from typing import TypeVar

from tabletutor.programs.grammar import Aggregation, Comparison, Direction
from tabletutor.records.table import NUMERIC, TEMPORAL, ColumnProfile, TableProfile

T = TypeVar("T")

NOT_ADDITIVE = frozenset(
    {"year", "month", "day", "hour", "lat", "lon", "latitude", "longitude", "id", "rank", "code", "date"}
)
MIN_VALUE_COUNT = 5
MAX_GROUPS = 60


class CannotDraw(Exception):
    """The table has no suitable column or value, so the family does not fit it."""


class Draw:
    """Random choices from one table, for one question. No column is drawn twice.

    Methods raise CannotDraw if the table has nothing suitable.
    """

    def __init__(self, profile: TableProfile, source: random.Random) -> None:
        self.profile = profile
        self.source = source
        self._taken: set[str] = set()

    def choice(self, items: Sequence[T]) -> T:
        """Return one of `items`."""
        if not items:
            raise CannotDraw
        return self.source.choice(items)

    def measure(self, additive: bool = False, complete: bool = False) -> ColumnProfile:
        """Return a numeric column with more than 4 values, at most half of them missing.

        `additive`: a sum of it makes sense. `complete`: no value is missing.
        """
        return self._take(
            [
                column
                for column in self.profile.columns
                if column.kind in NUMERIC
                and column.unique > 4
                and column.missing <= self.profile.rows // 2
                and not (additive and not is_additive(column.name))
                and not (complete and column.missing)
            ]
        )

    def category(self, most: int = MAX_GROUPS, least: int = 2) -> ColumnProfile:
        """Return a text column with repeated values, of which `least` to `most` are different."""
        return self._take(
            [
                column
                for column in self.profile.columns
                if column.kind == "category" and least <= column.unique <= most and column.missing < self.profile.rows
            ]
        )

    def value(self, column: ColumnProfile) -> str:
        """Return a frequent value of a category column."""
        return self.values(column, 1)[0]

    def values(self, column: ColumnProfile, n: int) -> list[str]:
        """Return `n` different values of a category column, each in at least `MIN_VALUE_COUNT` rows."""
        frequent = [value for value, count in column.top_values if count >= MIN_VALUE_COUNT]
        if len(frequent) < n:
            raise CannotDraw
        return self.source.sample(frequent, n)

    def label(self) -> ColumnProfile:
        """Return a column that names rows: text or identifiers, more than half of them different."""
        return self._take(
            [column for column in self.profile.columns if is_textual(column) and column.unique * 2 > self.profile.rows]
        )

    def text(self) -> ColumnProfile:
        """Return a column of free text or names."""
        return self._take(
            [
                column
                for column in self.profile.columns
                if is_textual(column) and column.kind != "identifier" and column.unique >= 4
            ]
        )

    def date(self) -> ColumnProfile:
        """Return a date column with more than 5 different values."""
        return self._take([column for column in self.profile.columns if column.kind in TEMPORAL and column.unique > 5])

    def incomplete(self) -> ColumnProfile:
        """Return a column in which some values are missing and some are not."""
        return self._take([column for column in self.profile.columns if 0 < column.missing < self.profile.rows])

    def threshold(self, column: ColumnProfile, low: float = 0.2, high: float = 0.8) -> int | float:
        """Return a round number between the quartiles of a numeric column.

        `low` and `high` bound its place between them: 0 is the lower quartile, 1 the upper one.
        """
        marks = column.quantiles
        if len(marks) < 5 or marks[1] == marks[3]:
            raise CannotDraw
        at = low + (high - low) * self.source.random()
        value = marks[1] + (marks[3] - marks[1]) * at
        return round_number(value, marks[3] - marks[1], whole=column.kind == "integer")

    def aggregation(self, column: ColumnProfile, choices: Sequence[Aggregation] | None = None) -> Aggregation:
        """Return an aggregation that makes sense for a numeric column: no sum of years, codes or ranks."""
        offered: Sequence[Aggregation] = choices or ("mean", "mean", "sum", "max", "min", "median")
        return self.choice([name for name in offered if name != "sum" or is_additive(column.name)])

    def comparison(self) -> Comparison:
        """Return a comparison of a number with a threshold."""
        return self.choice((">", ">", "<", ">=", "<="))

    def direction(self) -> Direction:
        """Return an end of a ranking: "largest" twice as often as "smallest"."""
        return self.choice(("largest", "largest", "smallest"))

    def free_name(self, name: str) -> str:
        """Return `name`, with as many `_` appended as it takes to differ from every header."""
        headers = {column.name for column in self.profile.columns}
        while name in headers:
            name += "_"
        return name

    def _take(self, columns: list[ColumnProfile]) -> ColumnProfile:
        column = self.choice([column for column in columns if column.name not in self._taken])
        self._taken.add(column.name)
        return column


def is_textual(column: ColumnProfile) -> bool:
    """Return whether a column holds text. An identifier column may hold numbers; then it has a numeric minimum."""
    return column.kind in ("category", "text") or (
        column.kind == "identifier" and not isinstance(column.min, int | float)
    )


def is_additive(header: str) -> bool:
    """Return whether a sum of the column can make sense: not for a year, a coordinate, a code or a rank."""
    words = header.lower().replace("_", " ").split()
    return not (set(words) & NOT_ADDITIVE or (header.isdigit() and not 1800 <= int(header) <= 2100))


def round_number(value: float, spread: float, whole: bool) -> int | float:
    """Round `value` to one digit more than the magnitude of `spread`. Returns an int if `whole` or without decimals."""
    digits = 1 - math.floor(math.log10(spread)) if spread > 0 else 0
    rounded = round(value, digits)
    return round(rounded) if whole or (digits <= 0 and rounded == int(rounded)) else rounded
