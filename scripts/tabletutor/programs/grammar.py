"""The typed grammar of analysis programs, and the meaning of each step.

A program is a chain of steps that starts with the whole table, or two chains joined by one operation. Each step turns
one kind of value into another: a frame (rows), groups (one value per group) or the answer.

Every engine follows these rules:
- A missing value satisfies no condition, is left out of every aggregate, and forms no group.
- Standard deviation and correlation are of the sample (ddof = 1); quantiles interpolate linearly.
- Text is compared by code point. Dates are compared as instants; a date without a time is its midnight.
- A selection (largest, smallest, most frequent, top n) without a unique winner has no answer.
- An aggregate of no values has no answer. A count of no rows is 0.
"""

from typing import Any, Literal

import msgspec

from tabletutor.records.record import Record, decoder

Comparison = Literal["==", "!=", ">", ">=", "<", "<="]
Aggregation = Literal["mean", "sum", "min", "max", "median", "std", "nunique", "count"]
Direction = Literal["largest", "smallest"]
DatePartName = Literal["year", "month", "quarter", "day", "hour", "weekday"]
TextPartName = Literal["length", "words", "first_word"]


class Where(Record, frozen=True, tag_field="op", tag="where"):
    """Frame → frame: rows where `column` fulfils the comparison with `value` (number, text, boolean, ISO 8601 date)."""

    column: str
    comparison: Comparison
    value: int | float | str | bool


class OneOf(Record, frozen=True, tag_field="op", tag="one_of"):
    """Frame → frame: rows whose text `column` is one of `values`."""

    column: str
    values: tuple[str, ...]


class Contains(Record, frozen=True, tag_field="op", tag="contains"):
    """Frame → frame: rows whose text `column` contains `text` (case matters; `text` is not a pattern)."""

    column: str
    text: str


class Missing(Record, frozen=True, tag_field="op", tag="missing"):
    """Frame → frame: rows whose `column` is missing, or with `negated` is not missing."""

    column: str
    negated: bool = False


class BeyondStatistic(Record, frozen=True, tag_field="op", tag="beyond_statistic"):
    """Frame → frame: rows above or below a statistic of the same column over the same rows."""

    column: str
    comparison: Literal[">", "<"]
    statistic: Literal["mean", "median"]


class Top(Record, frozen=True, tag_field="op", tag="top"):
    """Frame → frame: the `n` rows with the largest or smallest `column`, best first; missing values are left out."""

    column: str
    n: int
    direction: Direction


class DatePart(Record, frozen=True, tag_field="op", tag="date_part"):
    """Frame → frame with the new column `name`: a part of a date. `weekday` is an English name, the rest integers."""

    column: str
    part: DatePartName
    name: str


class TextPart(Record, frozen=True, tag_field="op", tag="text_part"):
    """Frame → frame with the new column `name`: length in code points, words split at spaces, or the first word."""

    column: str
    part: TextPartName
    name: str


class Arithmetic(Record, frozen=True, tag_field="op", tag="arithmetic"):
    """Frame → frame with the new column `name`, computed from two numeric columns; x / 0 is missing."""

    left: str
    operator: Literal["+", "-", "/", "*"]
    right: str
    name: str


class DaysBetween(Record, frozen=True, tag_field="op", tag="days_between"):
    """Frame → frame with the new column `name`: whole days (floor) from date `start` to date `end`."""

    start: str
    end: str
    name: str


class Count(Record, frozen=True, tag_field="op", tag="count"):
    """Frame → integer: the number of rows."""


class Aggregate(Record, frozen=True, tag_field="op", tag="aggregate"):
    """Frame → number: one aggregate of a column (`nunique` and `count` leave out missing values)."""

    column: str
    aggregation: Aggregation


class Quantile(Record, frozen=True, tag_field="op", tag="quantile"):
    """Frame → number: the `q` quantile of a column, 0 < q < 1."""

    column: str
    q: float


class Span(Record, frozen=True, tag_field="op", tag="span"):
    """Frame → number: the largest value of a column minus the smallest."""

    column: str


class Share(Record, frozen=True, tag_field="op", tag="share"):
    """Frame → percentage (0 to 100) of all rows where `column` fulfils the comparison; missing values count as rows."""

    column: str
    comparison: Comparison
    value: int | float | str | bool


class MissingShare(Record, frozen=True, tag_field="op", tag="missing_share"):
    """Frame → percentage (0 to 100) of all rows whose `column` is missing."""

    column: str


class MostFrequent(Record, frozen=True, tag_field="op", tag="most_frequent"):
    """Frame → category: the most frequent value of a column."""

    column: str


class Lookup(Record, frozen=True, tag_field="op", tag="lookup"):
    """Frame → value of `target` in the row where `column` is largest or smallest."""

    column: str
    direction: Direction
    target: str


class ListOf(Record, frozen=True, tag_field="op", tag="list_of"):
    """Frame → list: the values of a column in row order (after `top`: best first)."""

    column: str


class Distinct(Record, frozen=True, tag_field="op", tag="distinct"):
    """Frame → set: the distinct values of a column, without missing values."""

    column: str


class Correlation(Record, frozen=True, tag_field="op", tag="correlation"):
    """Frame → number: Pearson's r of two numeric columns over the rows where both have a value."""

    left: str
    right: str


class Group(Record, frozen=True, tag_field="op", tag="group"):
    """Frame → groups: `aggregation` of `column` for each value of `by`; without a column, the number of rows.

    A group whose values are all missing is left out.
    """

    by: str
    aggregation: Aggregation
    column: str | None = None


class Keep(Record, frozen=True, tag_field="op", tag="keep"):
    """Groups → groups: those whose number fulfils the comparison with `value`."""

    comparison: Literal[">", ">=", "<", "<="]
    value: int | float


class BestGroup(Record, frozen=True, tag_field="op", tag="best_group"):
    """Groups → category: the name of the group ranked `rank` (1 is best)."""

    direction: Direction
    rank: int = 1


class BestValue(Record, frozen=True, tag_field="op", tag="best_value"):
    """Groups → number: the largest or smallest group value (ties do not matter)."""

    direction: Direction


class TopGroups(Record, frozen=True, tag_field="op", tag="top_groups"):
    """Groups → list: the names of the `n` best groups, best first."""

    n: int
    direction: Direction


class GroupCount(Record, frozen=True, tag_field="op", tag="group_count"):
    """Groups → integer: how many groups there are."""


class GroupSpread(Record, frozen=True, tag_field="op", tag="group_spread"):
    """Groups → number: the largest group value minus the smallest."""


class GroupShare(Record, frozen=True, tag_field="op", tag="group_share"):
    """Groups → percentage (0 to 100): the largest group value as a share of the sum over all groups."""


class GroupNames(Record, frozen=True, tag_field="op", tag="group_names"):
    """Groups → set: the names of the groups."""


class GroupMapping(Record, frozen=True, tag_field="op", tag="group_mapping"):
    """Groups → mapping from the name of each group to its value."""


class Round(Record, frozen=True, tag_field="op", tag="round"):
    """Number → number rounded to `decimals` places."""

    decimals: int


Condition = Where | OneOf | Contains | Missing | BeyondStatistic
Filter = Condition | Top
Derivation = DatePart | TextPart | Arithmetic | DaysBetween
NumberReduction = Count | Aggregate | Quantile | Span | Share | MissingShare | Correlation
ValueReduction = MostFrequent | Lookup | ListOf | Distinct
Reduction = NumberReduction | ValueReduction
GroupReduction = BestGroup | BestValue | TopGroups | GroupCount | GroupSpread | GroupShare | GroupNames | GroupMapping
Step = Filter | Derivation | Reduction | Group | Keep | GroupReduction | Round

JoinOperator = Literal["difference", "ratio", "percent", "greater", "larger_name"]


class Join(Record, frozen=True):
    """An operation on two numbers: left - right, left / right, 100 · left / right, whether left > right, or the
    name of the larger one (`names`: left, right; a tie has no answer)."""

    operator: JoinOperator
    names: tuple[str, str] | None = None


class Program(Record, frozen=True):
    """The chain `steps`; with `join`, the chains `steps` and `other`, joined and then rounded (`after`)."""

    steps: tuple[Step, ...]
    other: tuple[Step, ...] = ()
    join: Join | None = None
    after: tuple[Round, ...] = ()


class NoAnswer(ValueError):
    """The program has no answer on this table. `reason` is "tie" or "no_answer"."""

    def __init__(self, reason: Literal["tie", "no_answer"], detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Literal["tie", "no_answer"] = reason


def to_json(program: Program) -> dict[str, Any]:
    """Return the program as plain JSON, for a question's field `program`."""
    return msgspec.to_builtins(program)


def from_json(data: dict[str, Any]) -> Program:
    """Return the program in a question's field `program`. Raises `msgspec.ValidationError` for JSON that is none."""
    decoder(Program)  # prepares the type under a lock: `convert` must not do so on two threads
    return msgspec.convert(data, type=Program)


def columns_used(program: Program) -> tuple[str, ...]:
    """Return the columns of the table that a program reads, in order of first use, without derived columns."""
    derived: set[str] = set()
    used: dict[str, None] = {}
    for step in (*program.steps, *program.other):
        for field in ("column", "left", "right", "start", "end", "by", "target"):
            column = getattr(step, field, None)
            if isinstance(column, str) and column not in derived:
                used.setdefault(column)
        if isinstance(step, Derivation):
            derived.add(step.name)
    return tuple(used)


def size(program: Program) -> int:
    """Return the number of steps. A join counts as one; a rounding does not count."""
    return len([step for step in (*program.steps, *program.other) if not isinstance(step, Round)]) + (
        program.join is not None
    )
