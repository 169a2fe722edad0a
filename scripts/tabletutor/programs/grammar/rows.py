"""Steps from rows to rows: conditions, rankings of rows, and new columns.

`condition` steps keep rows, `derivation` steps add the column `name`. "Row order" is the order of the file, or that of
the last `sort` or `top`.
"""

from typing import Literal

from tabletutor.records.record import Record

Comparison = Literal["==", "!=", ">", ">=", "<", "<="]
Direction = Literal["largest", "smallest"]
DatePartName = Literal["year", "month", "quarter", "day", "hour", "weekday"]
TextPartName = Literal["length", "words", "first_word"]


class Where(Record, frozen=True, tag_field="op", tag="where"):
    """Frame → frame: rows where `column` fulfils the comparison with `value` (number, text, boolean, ISO 8601 date).

    For other readings only: `ignore_case` compares text by == or != after Python's `str.lower`; `or_missing` also keeps
    the rows without a value.
    """

    column: str
    comparison: Comparison
    value: int | float | str | bool
    ignore_case: bool = False
    or_missing: bool = False


class OneOf(Record, frozen=True, tag_field="op", tag="one_of"):
    """Frame → frame: rows whose text `column` is one of `values`.

    `ignore_case` (for other readings only): as in `where`.
    """

    column: str
    values: tuple[str, ...]
    ignore_case: bool = False


class Contains(Record, frozen=True, tag_field="op", tag="contains"):
    """Frame → frame: rows whose text `column` contains `text`, which is not a pattern.

    `ignore_case`: after Python's `str.lower`. `whole_word`: only where no letter, digit or underscore precedes or
    follows it.
    """

    column: str
    text: str
    ignore_case: bool = False
    whole_word: bool = False


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


class Outliers(Record, frozen=True, tag_field="op", tag="outliers"):
    """Frame → frame: rows whose `column` is an outlier of these rows; with `negated`, rows with a value that is none.

    "iqr": strictly below Q1 - 1.5 · IQR or above Q3 + 1.5 · IQR (linear quartiles). "zscore": more than 3 sample
    standard deviations from the mean. If all values are equal, or there are fewer than two, none is an outlier.
    `population` (for other readings only): the deviation of the population.
    """

    column: str
    method: Literal["iqr", "zscore"]
    negated: bool = False
    population: bool = False


class Repeated(Record, frozen=True, tag_field="op", tag="repeated"):
    """Frame → frame: rows that equal an earlier row (in row order) in `columns`; with `negated`, the first of each.

    No `columns` means all columns of the table, without derived ones. Missing values equal each other here.
    `every` (for other readings only): rows that equal any other row; with `negated`, rows that equal none.
    """

    columns: tuple[str, ...] = ()
    negated: bool = False
    every: bool = False


class Sort(Record, frozen=True, tag_field="op", tag="sort"):
    """Frame → frame in ascending order of `column`. Rows without a value are left out. Equal values are a tie."""

    column: str


class Bin(Record, frozen=True, tag_field="op", tag="bin"):
    """Frame → frame with the new text column `name`: the label of the bin that holds `column`.

    `edges` ascend; there is one label more than edges. The first label is for values below the first edge, the next for
    those from the first edge up to, but not including, the second, …; the last for values from the last edge on.
    """

    column: str
    edges: tuple[int | float, ...]
    labels: tuple[str, ...]
    name: str


class RankWithin(Record, frozen=True, tag_field="op", tag="rank_within"):
    """Frame → frame with the new integer column `name`: the rank of `column` among the rows of the same `by`.

    Rank 1 is the largest (or smallest); equal values share the best rank (1, 2, 2, 4). Without `by`, among all rows. A
    missing value, or a missing `by`, has no rank. For other readings only: "dense" ranks have no gaps (1, 2, 2, 3), of
    equal values all get the "worst" rank (1, 3, 3, 4).
    """

    column: str
    by: str | None
    direction: Direction
    name: str
    ties: Literal["best", "dense", "worst"] = "best"


class Period(Record, frozen=True, tag_field="op", tag="period"):
    """Frame → frame with the new text column `name`: the period of a date: `2012-01`, `2012Q1` or `2012`."""

    column: str
    unit: Literal["month", "quarter", "year"]
    name: str


class Scale(Record, frozen=True, tag_field="op", tag="scale"):
    """Frame → frame with the new column `name`: (x - mean) / sample standard deviation ("zscore"), or
    (x - min) / (max - min) ("minmax"). Missing everywhere if the column does not vary or has fewer than two values.

    `population` (for other readings only): the deviation of the population.
    """

    column: str
    method: Literal["zscore", "minmax"]
    name: str
    population: bool = False


class Impute(Record, frozen=True, tag_field="op", tag="impute"):
    """Frame → frame with the new column `name`: `column` with missing values replaced.

    By the mean or the median of the values of these rows, by 0, or by the last value before it in row order ("forward";
    leading missing values stay missing). The kind is number for mean and median, else that of the column.
    """

    column: str
    method: Literal["mean", "median", "zero", "forward"]
    name: str


class Running(Record, frozen=True, tag_field="op", tag="running"):
    """Frame → frame with the new column `name`, computed along the row order from the rows where `column` has a value.

    - "rolling_mean": of the `n` latest values, missing for the first n - 1.
    - "cumulative": the sum so far.
    - "change": minus the value before.
    - "percent_change": 100 · (value / value before - 1), missing where the value before is 0.

    The kind is that of the column for "cumulative" and "change", else number.
    """

    column: str
    operation: Literal["rolling_mean", "cumulative", "change", "percent_change"]
    name: str
    n: int | None = None


ColumnCondition = Where | OneOf | Contains | Missing | BeyondStatistic | Outliers
Condition = ColumnCondition | Repeated
Filter = Condition | Top | Sort
Derivation = DatePart | TextPart | Arithmetic | DaysBetween | Bin | RankWithin | Period | Scale | Impute | Running
