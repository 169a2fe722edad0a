"""Steps from rows to an answer: one number, one value, a list or a set."""

from typing import Literal

from tabletutor.programs.grammar.rows import Comparison, Direction
from tabletutor.records.record import Record

Aggregation = Literal[
    "mean",
    "sum",
    "min",
    "max",
    "median",
    "std",
    "var",
    "skew",
    "kurt",
    "nunique",
    "count",
    "population_std",
    "population_var",
    "population_skew",
    "population_kurt",
    "pearson_kurt",
    "nunique_with_missing",
]
Interpolation = Literal["linear", "lower", "higher", "nearest"]


class Count(Record, frozen=True, tag_field="op", tag="count"):
    """Frame → integer: the number of rows."""


class Aggregate(Record, frozen=True, tag_field="op", tag="aggregate"):
    """Frame → number: one aggregate of a column (`nunique` and `count` leave out missing values).

    For other readings only: `population_…` divide by n and correct no bias, `pearson_kurt` is `population_kurt` + 3,
    and `nunique_with_missing` counts missing as one more value.
    """

    column: str
    aggregation: Aggregation


class Quantile(Record, frozen=True, tag_field="op", tag="quantile"):
    """Frame → number: the `q` quantile of a column, 0 < q < 1, between the two nearest values by `interpolation`.

    The quantile is at position (n - 1) · q of the n sorted values, counted from 0. "lower", "higher" and "nearest"
    take the value at a whole position (of two equally near ones the even one), so integers stay integers. Positions
    are rounded to nine decimals first, since 100 · 0.55 is not 55 in floating point.
    """

    column: str
    q: float
    interpolation: Interpolation = "linear"


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
    """Frame → number: Pearson's r, or Spearman's rho (average ranks of ties), over the rows where both have a value."""

    left: str
    right: str
    method: Literal["pearson", "spearman"] = "pearson"


class StrongestPair(Record, frozen=True, tag_field="op", tag="strongest_pair"):
    """Frame → set: the two of `columns` (at least three) with the largest absolute correlation.

    Each pair over the rows where both have a value. A pair without a correlation is left out. Equally strong pairs are
    a tie.
    """

    columns: tuple[str, ...]
    method: Literal["pearson", "spearman"] = "pearson"


class InterquartileRange(Record, frozen=True, tag_field="op", tag="interquartile_range"):
    """Frame → number: the 0.75 quantile minus the 0.25 quantile of a column."""

    column: str


class WeightedMean(Record, frozen=True, tag_field="op", tag="weighted_mean"):
    """Frame → number: sum(column · weight) / sum(weight) over the rows where both have a value.

    No answer if a weight is negative or the weights sum to 0.
    """

    column: str
    weight: str


class Regression(Record, frozen=True, tag_field="op", tag="regression"):
    """Frame → number: slope, intercept or R² of the least-squares line of `y` on `x`, over the rows with both values.

    Needs at least three such rows and an `x` that varies; R² also a `y` that varies.
    """

    x: str
    y: str
    part: Literal["slope", "intercept", "r2"]


class Edge(Record, frozen=True, tag_field="op", tag="edge"):
    """Frame → value of `column` in the first or the last row, in row order."""

    column: str
    place: Literal["first", "last"]


class Streak(Record, frozen=True, tag_field="op", tag="streak"):
    """Frame → integer: the longest run of consecutive rows, in row order, where `column` fulfils the comparison.

    A missing value ends a run. Without any rows there is no answer.
    """

    column: str
    comparison: Comparison
    value: int | float | str | bool


class BestWithin(Record, frozen=True, tag_field="op", tag="best_within"):
    """Frame → mapping: for each value of `by`, `target` in its row with the largest or smallest `column`.

    A tie in any group is a tie. A group without values is left out. A missing `target` has no answer.
    """

    by: str
    column: str
    direction: Direction
    target: str


class Pivot(Record, frozen=True, tag_field="op", tag="pivot"):
    """Frame → table: `aggregation` of `column` (without one, the number of rows) for each pair of `by` and `across`.

    The answer is a mapping from each value of `by` to a mapping from values of `across`. A pair without rows, or whose
    values are all missing, is left out. `zeros` (for other readings only) gives it the value 0.
    """

    by: str
    across: str
    aggregation: Aggregation
    column: str | None = None
    zeros: bool = False


class HypothesisTest(Record, frozen=True, tag_field="op", tag="hypothesis_test"):
    """Frame → number or boolean: the statistic, the two-sided p-value, or whether p < `level` ("decision").

    `kind`:
    - "welch_t": Welch's t of `column` in the rows whose `by` is values[0] against values[1] (mean of the first minus
      that of the second).
    - "student_t": the same with a common variance.
    - "mann_whitney": U of the first group; p by the normal approximation with corrections for ties and continuity.
    - "anova": one-way F of `column` over all values of `by` that have values; `values` is empty.
    - "chi_square": Pearson's chi-square of the counts of `column` by `by`, without Yates' correction; `values` empty.
    - "shapiro": Shapiro-Wilk W of `column` for 3 to 5000 values; no `by`, no `values`. By Royston's algorithm AS R94
      with the normal percentage points of AS 111, as in SciPy.

    Missing values are left out. No answer:
    - A group has fewer than two values. "anova" needs two groups, "chi_square" two distinct values of each column.
    - All values are equal. For t-tests and "anova": all values of each group are equal.
    - p is below 1e-12, where its digits mean nothing. The statistic and the decision still have answers.

    A p within a relative 1e-9 of `level` is a tie.
    For other readings only: with `tails` = 1, p is half the two-sided p; `yates` corrects a 2 × 2 chi-square.
    """

    kind: Literal["welch_t", "student_t", "mann_whitney", "anova", "chi_square", "shapiro"]
    column: str
    part: Literal["statistic", "p", "decision"]
    by: str | None = None
    values: tuple[str, ...] = ()
    level: float = 0.05
    tails: Literal[1, 2] = 2
    yates: bool = False


Statistic = Quantile | Correlation | StrongestPair | InterquartileRange | WeightedMean | Regression
Reduction = (
    Count
    | Aggregate
    | Span
    | Share
    | MissingShare
    | MostFrequent
    | Lookup
    | ListOf
    | Distinct
    | Statistic
    | Edge
    | Streak
    | BestWithin
    | Pivot
    | HypothesisTest
)
