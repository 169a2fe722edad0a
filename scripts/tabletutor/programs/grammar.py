"""The typed grammar of analysis programs, and what each step means.

A program is a chain of steps over a value that starts as the whole table, or two chains joined by one operation.
Steps carry a value from one type to the next: a frame (rows), groups (one number a group) or a scalar, the answer.

Meaning, the same on every engine:
- A missing value satisfies no condition, is left out of every aggregate, and forms no group.
- Standard deviation and correlation are of the sample (ddof = 1); quantiles interpolate linearly.
- Text is compared by code point. Dates compare as instants; a date without time is its midnight.
- A selection (largest, smallest, most frequent, top n) with no unique winner has no answer: the program is refused.
- The aggregate of no values has no answer. A count of no rows is 0.
"""

from typing import Any, Literal

import msgspec

from tabletutor.records.decoder import decoder
from tabletutor.records.record import Record

Comparison = Literal["==", "!=", ">", ">=", "<", "<="]
Aggregation = Literal["mean", "sum", "min", "max", "median", "std", "nunique", "count"]
Direction = Literal["largest", "smallest"]
DatePartName = Literal["year", "month", "quarter", "day", "hour", "weekday"]
TextPartName = Literal["length", "words", "first_word"]


class Where(Record, frozen=True, tag_field="op", tag="where"):
    """Frame → frame: rows whose `column` compares so with `value` (a number, text, boolean, or ISO 8601 date)."""

    column: str
    comparison: Comparison
    value: int | float | str | bool


class OneOf(Record, frozen=True, tag_field="op", tag="one_of"):
    """Frame → frame: rows whose text `column` is one of `values`."""

    column: str
    values: tuple[str, ...]


class Contains(Record, frozen=True, tag_field="op", tag="contains"):
    """Frame → frame: rows whose text `column` holds `text` (case matters; `text` is no pattern)."""

    column: str
    text: str


class Missing(Record, frozen=True, tag_field="op", tag="missing"):
    """Frame → frame: rows whose `column` is missing, or (`negated`) is not."""

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
    """Frame → frame with the new column `name`: a part of a date. `weekday` is the English name, the rest integers."""

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
    """Frame → number: the largest value of a column minus its smallest."""

    column: str


class Share(Record, frozen=True, tag_field="op", tag="share"):
    """Frame → percentage (0 to 100): rows whose `column` compares so with `value`, of all rows (missing ones too)."""

    column: str
    comparison: Comparison
    value: int | float | str | bool


class MissingShare(Record, frozen=True, tag_field="op", tag="missing_share"):
    """Frame → percentage (0 to 100): rows whose `column` is missing, of all rows."""

    column: str


class MostFrequent(Record, frozen=True, tag_field="op", tag="most_frequent"):
    """Frame → category: the value that stands most often in a text column."""

    column: str


class Lookup(Record, frozen=True, tag_field="op", tag="lookup"):
    """Frame → value of `target` in the one row where `column` is largest or smallest."""

    column: str
    direction: Direction
    target: str


class ListOf(Record, frozen=True, tag_field="op", tag="list_of"):
    """Frame → list: the values of a column, in the order of the rows (after `top`)."""

    column: str


class Distinct(Record, frozen=True, tag_field="op", tag="distinct"):
    """Frame → set: the distinct values of a text column, without missing."""

    column: str


class Correlation(Record, frozen=True, tag_field="op", tag="correlation"):
    """Frame → number: Pearson's r of two numeric columns over the rows where both are present."""

    left: str
    right: str


class Group(Record, frozen=True, tag_field="op", tag="group"):
    """Frame → groups: `aggregation` of `column` for each value of `by`; with no column, the number of rows.

    A group whose aggregate has no value (all missing) is left out.
    """

    by: str
    aggregation: Aggregation
    column: str | None = None


class Keep(Record, frozen=True, tag_field="op", tag="keep"):
    """Groups → groups: those whose number compares so with `value`."""

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
    """Groups → percentage (0 to 100): the largest group value, of the sum over all groups."""


class GroupNames(Record, frozen=True, tag_field="op", tag="group_names"):
    """Groups → set: the names of the groups."""


class GroupMapping(Record, frozen=True, tag_field="op", tag="group_mapping"):
    """Groups → mapping from the name of each group to its value."""


class Round(Record, frozen=True, tag_field="op", tag="round"):
    """Number → number rounded to `decimals` places."""

    decimals: int


Step = (
    Where | OneOf | Contains | Missing | BeyondStatistic | Top | DatePart | TextPart | Arithmetic | DaysBetween
    | Count | Aggregate | Quantile | Span | Share | MissingShare | MostFrequent | Lookup | ListOf | Distinct
    | Correlation | Group | Keep | BestGroup | BestValue | TopGroups | GroupCount | GroupSpread | GroupShare
    | GroupNames | GroupMapping | Round
)  # fmt: skip

FILTERS = (Where, OneOf, Contains, Missing, BeyondStatistic, Top)
DERIVATIONS = (DatePart, TextPart, Arithmetic, DaysBetween)
GROUP_STEPS = (Group, Keep)

JoinOperator = Literal["difference", "ratio", "percent", "greater", "larger_name"]


class Join(Record, frozen=True):
    """How two scalars become one: left - right, left / right, 100 · left / right, whether left > right (boolean), or
    the name of the larger (`names`, left then right; a tie has no answer)."""

    operator: JoinOperator
    names: tuple[str, str] | None = None


class Program(Record, frozen=True):
    """A chain `steps`; or, with `join`, `steps` (left) and `other` (right) joined, then `after` (a rounding)."""

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
    """The program as plain JSON, for a question's `program` field."""
    return msgspec.to_builtins(program)


def from_json(data: dict[str, Any]) -> Program:
    """The program in a question's `program` field. Raises `msgspec.ValidationError` where it fits no step."""
    decoder(Program)  # so that `convert` learns no type, which it must not do on two threads
    return msgspec.convert(data, type=Program)


def columns_used(program: Program) -> tuple[str, ...]:
    """The table's own columns that a program reads, in order of first use, derived columns left out."""
    derived: set[str] = set()
    used: dict[str, None] = {}
    for step in (*program.steps, *program.other):
        for field in ("column", "left", "right", "start", "end", "by", "target"):
            column = getattr(step, field, None)
            if isinstance(column, str) and column not in derived:
                used.setdefault(column)
        if isinstance(step, DERIVATIONS):
            derived.add(step.name)
    return tuple(used)


def size(program: Program) -> int:
    """The number of steps, a join counting as one and a rounding as none."""
    return len([step for step in (*program.steps, *program.other) if not isinstance(step, Round)]) + (
        program.join is not None
    )
