"""Draw columns, values and thresholds at random from a table's profile, by what each column means (its role)."""

import math
import random
import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from tabletutor.programs.grammar import Aggregation, Comparison, Direction
from tabletutor.questions.columns import (
    adds_up,
    are_comparable,
    has_own_unit,
    has_unit_column,
    is_aside,
    is_bookkeeping,
    is_half_name,
    is_mostly_zero,
    is_text,
    is_whole,
    main_date,
    names_rows,
    repeats_in_groups,
    splits_rows,
)
from tabletutor.questions.english import a_or_an
from tabletutor.questions.header_words import SpokenColumn
from tabletutor.questions.superlatives import superlative, with_superlative
from tabletutor.records.table import NUMERIC, TEMPORAL, ColumnProfile, Role, TableProfile

T = TypeVar("T")

MEASURES: tuple[Role, ...] = ("additive", "intensive", "duration")
SUMMABLE: tuple[Role, ...] = ("additive",)
# One says "which class", but not "which survived".
NAMED_GROUPS: tuple[Role, ...] = ("category", "ordinal", "year", "date_part")
GROUPS: tuple[Role, ...] = (*NAMED_GROUPS, "flag")
# Values that stand for the lack of a value, or for the rest.
FILLERS = frozenset(
    {"other", "others", "ignore", "unknown", "none", "misc", "n/a", "not specified", "undefined", "not available"}
)
NO_NAMES = re.compile(r"web addresses$|header word 'row number'")  # reasons for identifiers that nobody speaks of
NEAR_ZERO = 0.05  # of the spread of a column
FEW_DISTINCT = 15
MANY_DISTINCT = 20  # values of a column whose shape, quantiles or outliers say something
MIN_VALUE_COUNT = 5
MAX_GROUPS = 60
MIN_GROUP_ROWS = 3  # rows a group has on average, so that an average over it says something
MIN_DISTINCT = 5
MAX_LEVELS = 12  # of an ordinal column whose levels are compared; nobody compares heights of 5' 8" and 5' 9"


class CannotDraw(Exception):
    """The table has no suitable column or value, so the family does not fit it."""


class Draw:
    """Random choices from one table, for one question. No column is drawn twice.

    Methods raise CannotDraw if the table has nothing suitable.
    """

    def __init__(self, profile: TableProfile, spoken: Mapping[str, SpokenColumn], source: random.Random) -> None:
        self.profile = profile
        self.spoken = spoken
        self.source = source
        self._has_unit_column = has_unit_column(profile)
        self._taken: set[str] = set()
        self._names: set[str] = set()
        self.restart()

    def restart(self) -> None:
        """Forget which columns were drawn and which names were given to new columns. The source goes on."""
        self._taken = set()
        self._names = {column.name for column in self.profile.columns}

    def choice(self, items: Sequence[T]) -> T:
        """Return one of `items`."""
        if not items:
            raise CannotDraw
        return self.source.choice(items)

    def measure(
        self,
        roles: Sequence[Role] = MEASURES,
        *,
        complete: bool = False,
        like: ColumnProfile | None = None,
        summed: bool = False,
        chooses: bool = False,
    ) -> ColumnProfile:
        """Return a numeric column of these roles that varies, with at most half of its values missing.

        `complete`: no value is missing. `like`: a column whose values can be compared with these. `summed`: its sum
        over rows is a quantity. `chooses`: it only chooses rows.
        """
        return self._take(
            [
                column
                for column in self.profile.columns
                if column.kind in NUMERIC
                and column.role in roles
                and column.unique >= MIN_DISTINCT
                and column.missing <= self.profile.rows // 2
                and not is_mostly_zero(column, self.profile.rows)
                and (not summed or adds_up(column, self.profile))
                and (chooses or not repeats_in_groups(column))
                and not (complete and column.missing)
                and (like is None or are_comparable(like, column))
                and (not self._has_unit_column or has_own_unit(column))
            ]
        )

    def group(self, most: int = MAX_GROUPS, least: int = 2, roles: Sequence[Role] = NAMED_GROUPS) -> ColumnProfile:
        """Return a column by whose values rows are grouped. Categories come three times as often as other roles."""
        columns = [
            column
            for column in self.profile.columns
            if column.role in roles
            and column.kind in ("category", "text", "identifier", "boolean", "integer")
            and least <= column.unique <= most
            and column.unique * MIN_GROUP_ROWS <= self.profile.rows - column.missing
            and splits_rows(column, self.profile.rows)
        ]
        return self._take([column for column in columns for _ in range(3 if column.role == "category" else 1)])

    def category(self, most: int = MAX_GROUPS, least: int = 2) -> ColumnProfile:
        """Return a text column with repeated values, of which `least` to `most` are different."""
        return self._take(
            [
                column
                for column in self.profile.columns
                if column.role in ("category", "ordinal", "flag")
                and column.kind in ("category", "text", "identifier")
                and least <= column.unique <= most
                and splits_rows(column, self.profile.rows)
                and (column.role != "ordinal" or column.unique <= MAX_LEVELS)
            ]
        )

    def value(self, column: ColumnProfile) -> str:
        """Return a frequent value of a category column."""
        return self.values(column, 1)[0]

    def values(self, column: ColumnProfile, n: int) -> list[str]:
        """Return `n` different values of a category column, each in at least `MIN_VALUE_COUNT` rows, and no totals."""
        totals = {total.value for total in self.profile.totals if total.column == column.name}
        frequent = [
            value
            for value, count in column.top_values
            if count >= MIN_VALUE_COUNT and value not in totals and value.casefold() not in FILLERS
        ]
        if len(frequent) < n:
            raise CannotDraw
        return self.source.sample(frequent, n)

    def label(self) -> ColumnProfile:
        """Return a column that names rows; one of identifiers if no column has names."""
        columns = [column for column in self.profile.columns if is_text(column) and column.unique > 1]
        named = [
            column
            for column in columns
            if column.role == "label" and names_rows(column, self.profile.rows) and not is_half_name(column)
        ]
        keys = [column for column in columns if column.role == "identifier" and not column.missing]
        numbered = [column for column in keys if not NO_NAMES.search(column.role_reason)]
        return self._take(named[:1] or numbered)  # the first name is that of the row: people come before their films

    def text(self, roles: Sequence[Role] = ("label", "free_text")) -> ColumnProfile:
        """Return a text column of these roles."""
        return self._take([column for column in self.profile.columns if is_text(column) and column.role in roles])

    def date(self, *, main: bool = False) -> ColumnProfile:
        """Return a date column with more than 5 different values that says when something happened.

        `main`: only the date of what the rows are about.
        """
        only = main_date(self.profile)
        return self._take(
            [
                column
                for column in self.profile.columns
                if column.kind in TEMPORAL
                and column.unique > 5
                and (column.name == only if main else not is_bookkeeping(column))
            ]
        )

    def column(self, roles: Sequence[Role]) -> ColumnProfile:
        """Return any column of these roles with at least two values."""
        return self._take([column for column in self.profile.columns if column.role in roles and column.unique > 1])

    def incomplete(self, roles: Sequence[Role] | None = None) -> ColumnProfile:
        """Return a column, of these roles if they are given, in which some values are missing and some are not."""
        return self._take(
            [
                column
                for column in self.profile.columns
                if 0 < column.missing < self.profile.rows and (roles is None or column.role in roles)
            ]
        )

    def threshold(self, column: ColumnProfile, low: float = 0.2, high: float = 0.8) -> int | float:
        """Return a round number between the quartiles of a numeric column.

        `low` and `high` bound its place between them: 0 is the lower quartile, 1 the upper one. In a column of few
        values it is one of them, and neither the least nor the largest.
        """
        marks = column.quantiles
        if column.unique <= FEW_DISTINCT:
            inner = [number for value, _ in column.top_values if column.min != (number := float(value)) != column.max]
            short = [number for number in inner if number.is_integer() or float(f"{number:.3g}") == number]
            value = self.choice(sorted(short))  # nobody asks for "more than 1.4091"
            return round(value) if is_whole(column) else value
        if len(marks) < 5 or marks[1] == marks[3]:
            raise CannotDraw
        at = low + (high - low) * self.source.random()
        value = marks[1] + (marks[3] - marks[1]) * at
        if isinstance(column.min, int | float) and column.min < 0 and abs(value) < NEAR_ZERO * (marks[4] - marks[0]):
            return 0  # people ask for profits above 0, not above -2
        return round_number(value, marks[3] - marks[1], whole=is_whole(column))

    def aggregation(self, column: ColumnProfile, choices: Sequence[Aggregation]) -> Aggregation:
        """Return one of `choices` that makes sense for a numeric column: only counts, money and amounts add up."""
        return self.choice([name for name in choices if name != "sum" or adds_up(column, self.profile)])

    def comparison(self) -> Comparison:
        """Return a comparison of a number with a threshold."""
        return self.choice((">", ">", "<", ">=", "<="))

    def direction(self) -> Direction:
        """Return an end of a ranking: "largest" twice as often as "smallest"."""
        return self.choice(("largest", "largest", "smallest"))

    def free_name(self, name: str) -> str:
        """Return `name` for a new column, with as many `_` appended as it takes to differ from every other column."""
        while name in self._names:
            name += "_"
        self._names.add(name)
        return name

    def say(self, column: ColumnProfile) -> str:
        """Return how people say a column, without an article: "body mass"."""
        return self.spoken[column.name].singular

    def say_a(self, column: ColumnProfile) -> str:
        """Return a value of a column with "a" or "an" if it takes one: "a fare", "precipitation", "an hwy value".

        Only words that name a known measure stand alone: "a lunch value", not "a lunch".
        """
        spoken = self.spoken[column.name]
        known = "header word" in column.role_reason
        if spoken.noun == "header" or (spoken.noun == "count" and not known):
            return a_or_an(f"{spoken.singular} value")
        return a_or_an(spoken.singular) if spoken.noun in ("count", "quantity") else spoken.singular

    def say_the(self, column: ColumnProfile) -> str:
        """Return how people say a column inside a phrase: "fare", but "the number of seats"."""
        spoken = self.spoken[column.name]
        return f"the {spoken.singular}" if spoken.noun == "quantity" else spoken.singular

    def verb(self, column: ColumnProfile) -> str:
        """Return "are" after a plural such as "sales", else "is"."""
        return "are" if self.spoken[column.name].is_plural else "is"

    def say_many(self, column: ColumnProfile) -> str:
        """Return the plural of `say`: "body masses", or "sex values" where the word has no plural."""
        spoken = self.spoken[column.name]
        return spoken.plural if spoken.plural is not None else f"{spoken.singular} values"

    def say_group(self, column: ColumnProfile) -> str:
        """Return how to say one group of a column: "class", or "value of survived" for a flag."""
        return f"value of {self.say(column)}" if column.kind == "boolean" else self.spoken[column.name].one_value

    def end_of(self, column: ColumnProfile, direction: Direction) -> str:
        """Return the word for one end of a column: "highest", "longest"."""
        return self.choice(superlative(column, direction))

    def best_of(self, column: ColumnProfile, direction: Direction) -> str:
        """Return what the row at one end of a column has: "the highest fare", "the most seats"."""
        counted = self.spoken[column.name].counted
        if counted is not None:
            return f"the {'most' if direction == 'largest' else 'fewest'} {counted}"
        return f"the {with_superlative(self.end_of(column, direction), self.say(column))}"

    def _take(self, columns: list[ColumnProfile]) -> ColumnProfile:
        column = self.choice(
            [
                column
                for column in columns
                if column.name not in self._taken and column.twin is None and not is_aside(column)
            ]
        )
        self._taken.add(column.name)
        return column


def round_number(value: float, spread: float, whole: bool) -> int | float:
    """Round `value` to one digit more than the magnitude of `spread`. Returns an int if `whole` or without decimals."""
    digits = 1 - math.floor(math.log10(spread)) if spread > 0 else 0
    rounded = round(value, digits)
    return round(rounded) if whole or (digits <= 0 and rounded == int(rounded)) else rounded
