"""Draws columns, values and thresholds from a table's profile, as the families ask for them."""

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
    """The table has no such column or value; the family does not fit it."""


class Draw:
    """A random source bound to one table; no column is drawn twice in one question."""

    def __init__(self, profile: TableProfile, source: random.Random) -> None:
        self.profile = profile
        self.source = source
        self._taken: set[str] = set()

    def choice(self, items: Sequence[T]) -> T:
        """One of `items`. Raises CannotDraw where there are none."""
        if not items:
            raise CannotDraw
        return self.source.choice(items)

    def measure(self, additive: bool = False, complete: bool = False) -> ColumnProfile:
        """A numeric column with spread; `additive` where a sum makes sense, `complete` where nothing is missing."""
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
        """A text column with repeated values, `least` to `most` of them."""
        return self._take(
            [
                column
                for column in self.profile.columns
                if column.kind == "category" and least <= column.unique <= most and column.missing < self.profile.rows
            ]
        )

    def value(self, column: ColumnProfile) -> str:
        """A frequent value of a category column."""
        return self.values(column, 1)[0]

    def values(self, column: ColumnProfile, n: int) -> list[str]:
        """`n` different frequent values of a category column."""
        frequent = [value for value, count in column.top_values if count >= MIN_VALUE_COUNT]
        if len(frequent) < n:
            raise CannotDraw
        return self.source.sample(frequent, n)

    def label(self) -> ColumnProfile:
        """A column that names rows: text or identifiers, nearly all different."""
        return self._take(
            [column for column in self.profile.columns if is_textual(column) and column.unique * 2 > self.profile.rows]
        )

    def text(self) -> ColumnProfile:
        """A column of free text or names."""
        return self._take(
            [
                column
                for column in self.profile.columns
                if is_textual(column) and column.kind != "identifier" and column.unique >= 4
            ]
        )

    def date(self) -> ColumnProfile:
        """A date or datetime column with more than a few values."""
        return self._take([column for column in self.profile.columns if column.kind in TEMPORAL and column.unique > 5])

    def incomplete(self) -> ColumnProfile:
        """A column with some values missing and some not."""
        return self._take([column for column in self.profile.columns if 0 < column.missing < self.profile.rows])

    def threshold(self, column: ColumnProfile, low: float = 0.2, high: float = 0.8) -> int | float:
        """A round number inside the bulk of a numeric column."""
        marks = column.quantiles
        if len(marks) < 5 or marks[1] == marks[3]:
            raise CannotDraw
        at = low + (high - low) * self.source.random()
        value = marks[1] + (marks[3] - marks[1]) * at
        return round_number(value, marks[3] - marks[1], whole=column.kind == "integer")

    def aggregation(self, column: ColumnProfile, choices: Sequence[Aggregation] | None = None) -> Aggregation:
        """A way to sum up a numeric column that makes sense for it."""
        offered: Sequence[Aggregation] = choices or ("mean", "mean", "sum", "max", "min", "median")
        return self.choice([name for name in offered if name != "sum" or is_additive(column.name)])

    def comparison(self) -> Comparison:
        """A way to compare a number with a threshold."""
        return self.choice((">", ">", "<", ">=", "<="))

    def direction(self) -> Direction:
        """An end of a ranking; the upper one twice as often."""
        return self.choice(("largest", "largest", "smallest"))

    def free_name(self, name: str) -> str:
        """`name`, lengthened until the table has no such header."""
        headers = {column.name for column in self.profile.columns}
        while name in headers:
            name += "_"
        return name

    def _take(self, columns: list[ColumnProfile]) -> ColumnProfile:
        column = self.choice([column for column in columns if column.name not in self._taken])
        self._taken.add(column.name)
        return column


def is_textual(column: ColumnProfile) -> bool:
    """Whether a column holds text: identifiers may also be numbers, and these have a smallest one."""
    return column.kind in ("category", "text") or (
        column.kind == "identifier" and not isinstance(column.min, int | float)
    )


def is_additive(header: str) -> bool:
    """Whether a sum of the column may mean something: not a year, a coordinate, a code or a rank."""
    words = header.lower().replace("_", " ").split()
    return not (set(words) & NOT_ADDITIVE or (header.isdigit() and not 1800 <= int(header) <= 2100))


def round_number(value: float, spread: float, whole: bool) -> int | float:
    """`value` rounded to one digit more than the order of magnitude of `spread`; an int where it is whole."""
    digits = 1 - math.floor(math.log10(spread)) if spread > 0 else 0
    rounded = round(value, digits)
    return round(rounded) if whole or (digits <= 0 and rounded == int(rounded)) else rounded
