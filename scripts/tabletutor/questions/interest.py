"""Find questions that are dull: the answer is known beforehand, or the statistic says nothing about the column.

The checks read the program, the table's profile and the answer. They know the columns of the whole table only, so
conditions on the rows can hide a dull column from them, but never make a good one look dull.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, cast

from tabletutor.programs.grammar import (
    Aggregate,
    Arithmetic,
    BestWithin,
    Correlation,
    Count,
    DaysBetween,
    Derivation,
    Distinct,
    Edge,
    Filter,
    Group,
    GroupCount,
    GroupNames,
    GroupSpread,
    GroupStatistic,
    HypothesisTest,
    Impute,
    InterquartileRange,
    Keep,
    ListOf,
    Lookup,
    Missing,
    MissingShare,
    MostFrequent,
    Pivot,
    Program,
    Quantile,
    Regression,
    Repeated,
    Round,
    Running,
    Scale,
    Share,
    Span,
    Step,
    Where,
    step_columns,
)
from tabletutor.records.table import ColumnProfile, TableProfile

Steps = tuple[Step, ...]
NEARLY_ONE = 0.995  # of a correlation: the columns say the same
ROWS_PER_GROUP = 1.5  # with fewer, a statistic of a group is mostly one value
ZERO_P = 1e-9
FAR = 10  # times
MIN_GAPS = 5
MIN_GAP_SHARE = 0.02  # of the rows
RECURRING = 3  # rows with one value
CLEAR_LEAD = 1.05  # of the most frequent value over the next
MEASURES = (Aggregate, Quantile, Span, InterquartileRange, MostFrequent, Lookup, Distinct, Edge, ListOf)


def is_dull(program: Program, profile: TableProfile, answer: Any) -> str | None:
    """Return why the question of a program is dull, or None. `answer` is the program's answer on the table."""
    columns = {column.name: column for column in profile.columns}
    faults = chain.from_iterable(_faults(steps, columns, profile, part) for steps, part in _chains(program, answer))
    return next(faults, None) or (None if program.parts else _same_everywhere(answer) or _far_apart(program, answer))


def _chains(program: Program, answer: Any) -> Iterator[tuple[Steps, Any]]:
    """Yield each chain of a program with its answer; None for the chains of a join."""
    if program.parts:
        record = cast("dict[str, Any]", answer) if isinstance(answer, dict) else {}
        for part in program.parts:
            yield (*program.steps, *part.steps), record.get(part.name)
    elif program.join is not None:
        yield program.steps, None
        yield program.other, None
    else:
        yield program.steps, answer


def _faults(steps: Steps, columns: dict[str, ColumnProfile], profile: TableProfile, answer: Any) -> Iterator[str]:
    """Yield the faults of one chain."""
    steps = tuple(step for step in steps if not isinstance(step, Round))
    if not steps:
        return
    last = steps[-1]
    for step in steps:
        if isinstance(step, Derivation | Where | Missing | MissingShare):
            continue
        for name in step_columns(step):
            if name in columns and columns[name].unique <= 1:
                yield f"column {name!r} has at most one value"
        if isinstance(step, Repeated) and all(column.unique <= 1 for column in columns.values()):
            yield "all rows are the same"
        yield from _small_groups(step, columns, profile)
    yield from _fixed_by_filter(steps, answer)
    if isinstance(last, Correlation | Regression):
        yield from _related_columns(steps, last, answer)
    if isinstance(last, HypothesisTest) and last.part == "p" and isinstance(answer, float) and answer < ZERO_P:
        yield "the p-value is practically 0"
    if isinstance(last, HypothesisTest) and answer is not False and (answer == 0 or _is_one(last, answer)):
        yield "the groups of the test do not differ at all"
    if isinstance(last, Share | MissingShare) and answer in (0, 100):
        yield f"the share is {answer:g} percent"
    filtered = any(isinstance(step, Filter | Keep) for step in steps)
    if not filtered:
        yield from _of_whole_table(steps, columns, profile)
    groups = len(cast("list[Any]", answer)) if isinstance(last, GroupNames) and isinstance(answer, list) else answer
    if isinstance(last, GroupCount | GroupNames) and _keeps_all(steps, columns, groups):
        yield "the condition keeps all groups"
    if any(isinstance(step, DaysBetween) for step in steps) and isinstance(answer, int | float) and answer <= 0:
        yield "the days do not lie between a beginning and an end"
    if filtered:
        yield from _few_gaps(steps, columns, profile)
    if isinstance(last, GroupStatistic) and answer == 1 and any(isinstance(s, Group) and not s.column for s in steps):
        yield "most groups have one row"
    if isinstance(last, GroupSpread | Span) and answer == 0:
        yield "the values do not differ"
    if isinstance(last, Aggregate) and last.aggregation == "nunique" and answer in (0, 1):
        yield f"there is at most one value of {last.column!r}"
    if isinstance(last, Count) and answer in (0, profile.rows):
        yield "the count is that of no rows or of all rows"


def _is_one(last: HypothesisTest, answer: Any) -> bool:
    return last.part == "p" and isinstance(answer, int | float) and answer > 1 - ZERO_P


def _few_gaps(steps: Steps, columns: dict[str, ColumnProfile], profile: TableProfile) -> Iterator[str]:
    """Yield a fault for the gaps in a part of the rows if the whole column hardly has any."""
    match steps:
        case (_, *_, MissingShare(column=name)) | (_, *_, Missing(negated=False, column=name), Count()):
            gaps = columns[name].missing if name in columns else profile.rows
            if gaps < max(MIN_GAPS, MIN_GAP_SHARE * profile.rows):
                yield f"only {gaps} values of {name!r} are missing"
        case _:
            return


def _small_groups(step: Step, columns: dict[str, ColumnProfile], profile: TableProfile) -> Iterator[str]:
    """Yield a fault for groups that mostly have one row."""
    by = step.by if isinstance(step, Group | BestWithin | Pivot) else None
    if by in columns:
        column = columns[by]
        if column.unique * ROWS_PER_GROUP > profile.rows - column.missing:
            yield f"most groups by {by!r} have one row"


def _fixed_by_filter(steps: Steps, answer: Any) -> Iterator[str]:
    """Yield a fault if a condition in the question fixes a column of a later step, or gives the answer."""
    fixed = {step.column for step in steps if isinstance(step, Where) and step.comparison == "=="}
    bounds = {
        (step.column, step.value) for step in steps if isinstance(step, Where) and step.comparison in (">=", "<=")
    }
    for step in steps:
        if isinstance(step, Derivation | Where):
            continue
        for name in step_columns(step):
            if name in fixed:
                yield f"a condition fixes {name!r} to one value"
    last = steps[-1]
    if isinstance(last, Aggregate) and last.aggregation in ("min", "max") and (last.column, answer) in bounds:
        yield "the answer is a bound that the question gives"


def _related_columns(steps: Steps, last: Correlation | Regression, answer: Any) -> Iterator[str]:
    """Yield a fault for a relation of two columns that say the same, or are computed from one column."""
    left, right = (last.left, last.right) if isinstance(last, Correlation) else (last.x, last.y)
    origins = _origins(steps)
    if left == right or origins.get(left, {left}) & origins.get(right, {right}):
        yield f"{left!r} and {right!r} are computed from the same column"
    exact = isinstance(last, Correlation) or last.part == "r2"
    if exact and isinstance(answer, int | float) and abs(answer) > NEARLY_ONE:
        yield f"{left!r} and {right!r} say the same"


def _origins(steps: Steps) -> dict[str, set[str]]:
    """Return the columns of the table from which each derived column is computed."""
    origins: dict[str, set[str]] = {}
    for step in steps:
        if isinstance(step, Arithmetic | Scale | Impute | Running):
            origins[step.name] = {name for column in step_columns(step) for name in origins.get(column, {column})}
    return origins


def _of_whole_table(steps: Steps, columns: dict[str, ColumnProfile], profile: TableProfile) -> Iterator[str]:
    """Yield the faults of a statistic of all rows that the column's profile shows."""
    last = steps[-1]
    if not isinstance(last, MEASURES) or last.column not in columns:
        return
    column = columns[last.column]
    known = profile.rows - column.missing
    if isinstance(last, MostFrequent) and column.top_values and column.top_values[0][1] <= 1:
        yield f"no value of {column.name!r} occurs twice"
    if isinstance(last, MostFrequent) and len(column.top_values) > 1 and _is_even(column):
        yield f"no value of {column.name!r} is clearly the most frequent"
    if isinstance(last, Aggregate):
        if last.aggregation == "count" and known == profile.rows:
            yield "the count is the number of rows"
        if last.aggregation in ("nunique", "nunique_with_missing") and column.unique == known:
            yield f"the values of {column.name!r} are all different"
    yield from _concentrated(last, column)


def _concentrated(last: Step, column: ColumnProfile) -> Iterator[str]:
    """Yield a fault for a minimum, maximum, median or quantile of a column in which one value is that of many rows."""
    if len(column.quantiles) < 5 or column.min is None:
        return
    low, first, median, third, high = column.quantiles
    if isinstance(last, Aggregate):
        if last.aggregation == "min" and column.min == low and _recurs(column, low):
            yield f"many values of {column.name!r} equal the minimum"
        if last.aggregation == "max" and column.max == high and _recurs(column, high):
            yield f"many values of {column.name!r} equal the maximum"
        if last.aggregation == "median" and median in (column.min, column.max):
            yield f"the median of {column.name!r} is its minimum or maximum"
    if isinstance(last, InterquartileRange) and first == third:
        yield f"the middle half of {column.name!r} is one value"
    if isinstance(last, Quantile):
        place = {0.05: low, 0.25: first, 0.5: median, 0.75: third, 0.95: high}.get(last.q)
        if place is not None and place in (column.min, column.max):
            yield f"this quantile of {column.name!r} is its minimum or maximum"


def _recurs(column: ColumnProfile, number: float) -> bool:
    return any(count >= RECURRING and float(value) == number for value, count in column.top_values)


def _is_even(column: ColumnProfile) -> bool:
    """Return whether the two most frequent values have about as many rows: by design, not by what happened."""
    (_, first), (_, second) = column.top_values[:2]
    return first < CLEAR_LEAD * second


def _keeps_all(steps: Steps, columns: dict[str, ColumnProfile], answer: Any) -> bool:
    """Return whether a condition on groups keeps every group of the table."""
    groups = [step for step in steps if isinstance(step, Group)]
    kept = any(isinstance(step, Keep) for step in steps)
    return kept and bool(groups) and groups[0].by in columns and columns[groups[0].by].unique == answer


def _same_everywhere(answer: Any) -> str | None:
    """Return a fault for a list, mapping or table with the same value everywhere."""
    values = _leaves(answer)
    if isinstance(answer, list | dict) and len(values) > 1 and all(value == values[0] for value in values):
        return "all values of the answer are the same"
    return None


def _far_apart(program: Program, answer: Any) -> str | None:
    """Return a fault for a ratio of two groups that nobody would compare."""
    ratio = program.join is not None and program.join.operator in ("ratio", "percent")
    one = 100 if program.join is not None and program.join.operator == "percent" else 1
    far = ratio and isinstance(answer, int | float) and not one / FAR <= abs(answer) <= one * FAR
    return "one group is more than ten times the other" if far else None


def _leaves(answer: Any) -> Sequence[Any]:
    if isinstance(answer, dict):
        inner = cast("dict[str, Any]", answer).values()
        return [leaf for value in inner for leaf in _leaves(value)]
    return cast("list[Any]", answer) if isinstance(answer, list) else [answer]
