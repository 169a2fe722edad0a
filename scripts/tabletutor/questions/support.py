"""Check that enough of the table stands behind a question: rows, groups, and conditions that make a difference.

The checks run small programs on the table. `interest.py` has the checks that need the profile only.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from math import isclose
from typing import Any, cast

from msgspec.structs import replace

from tabletutor.programs.grammar import (
    Aggregate,
    Along,
    BestGroup,
    BestValue,
    Bin,
    Correlation,
    Count,
    Derivation,
    Filter,
    Group,
    GroupCount,
    GroupMapping,
    GroupShares,
    GroupValue,
    HypothesisTest,
    Impute,
    InterquartileRange,
    Missing,
    MostFrequent,
    NoAnswer,
    Outliers,
    Pivot,
    Program,
    Quantile,
    Regression,
    Repeated,
    Sort,
    Step,
    Top,
    TopGroups,
    rename_columns,
)
from tabletutor.questions.interest import CLEAR_LEAD
from tabletutor.questions.totals import total_steps
from tabletutor.records.table import TableProfile

Run = Callable[[Program], Any]
Steps = tuple[Step, ...]
MIN_EFFECT = 0.05  # share of the known values that a condition removes at least
MIN_LEFT = 0.02  # share that it keeps at least, if these are few rows
MOST_IN_ONE = 0.9  # share of the rows in the largest group
NEARLY_ALL = 0.9  # of the different values are left after a condition
MIN_GROUP = 5  # rows behind a mean or a median of a group
MIN_COUNTED = 10  # rows behind a comparison of counts
MIN_PART = 5  # rows behind a sum or a mean of a part of a date
MIN_GROUPS = 3  # groups behind a winner
MIN_PERIODS = 4
MIN_PERIOD = 10  # rows behind each period of a growth
MIN_SAMPLE = 20  # rows behind a correlation, a line, or each group of a test
MIN_SPREAD_SAMPLE = 30  # rows behind a quantile or a measure of shape
COMPARISONS = ("greater", "larger_name", "difference", "ratio", "percent")
MIN_LEAD = 2  # rows of the most frequent value over the next
MIN_EXPECTED = 5.0  # count in a cell of a chi-square test
SAME = 1e-9
MIN_CORRELATION = 0.2  # behind a fitted line


def find_lack(program: Program, profile: TableProfile, run: Run, answer: Any) -> str | None:
    """Return what a question lacks to be worth asking, or None. `run` computes a program; `answer` is the answer."""
    program = _without_totals(program, profile)
    chains = [program.steps, program.other] if program.join is not None else [program.steps]
    if program.parts:
        chains = [(*program.steps, *part.steps) for part in program.parts]
    try:
        lacks = (chain(_weak_conditions(steps, run), _thin_data(steps, run)) for steps in chains)
        lack = next(chain.from_iterable(lacks), None)
    except NoAnswer as refusal:
        lack = f"a check has no answer: {refusal}"  # such as the correlation of a column that is constant in these rows
    return (
        lack
        or _equal_sides(program, run)
        or _idle_preparation(program, run, answer)
        or _idle_condition(program, run, answer)
    )


def _without_totals(program: Program, profile: TableProfile) -> Program:
    """Return the program without the steps that leave total rows out: they are few, and it still matters."""
    totals = total_steps(profile)
    steps, other = (tuple(step for step in each if step not in totals) for each in (program.steps, program.other))
    return replace(program, steps=steps, other=other)


def _weak_conditions(steps: Steps, run: Run) -> Iterator[str]:
    """Yield each condition that alone keeps nearly all rows, or nearly none."""
    before: Steps = ()
    for step in steps:
        if isinstance(step, Sort | Top) or not isinstance(step, Filter | Derivation):
            return
        if isinstance(step, Filter):
            column = getattr(step, "column", None)
            known: Steps = () if column is None or isinstance(step, Missing) else (Missing(column, negated=True),)
            total, left = (run(Program((*kept, Count()))) for kept in ((*before, *known), (*before, step)))
            if isinstance(step, Outliers | Repeated):
                few = left == total if step.negated else left == 0
            else:
                few = total - left < MIN_EFFECT * total or left < min(MIN_SAMPLE, MIN_LEFT * total)
            if few:
                yield f"{step} keeps {left} of {total} rows"
        before = (*before, step)


def _thin_data(steps: Steps, run: Run) -> Iterator[str]:
    """Yield what is computed from too few rows or groups."""
    for place, step in enumerate(steps):
        before, rest = steps[:place], steps[place + 1 :]
        if isinstance(step, Group):
            yield from _thin_groups(before, step, rest, run)
        elif isinstance(step, Pivot):
            sizes = run(Program((*before, Pivot(step.by, step.across, "count"))))
            counts = [count for row in sizes.values() for count in row.values()]
            if len(sizes) < 2 or len({name for row in sizes.values() for name in row}) < 2:
                yield "the table has one row or one column"
            elif step.aggregation != "count" and min(counts) < MIN_GROUP:
                yield f"a cell has {min(counts)} rows"
        elif isinstance(step, MostFrequent):
            sizes = sorted(run(Program((*before, Group(step.column, "count"), GroupMapping()))).values())
            few = len(sizes) < (MIN_GROUPS if before else 2) or sizes[-1] < MIN_GROUP
            if few or sizes[-1] < CLEAR_LEAD * sizes[-2] or sizes[-1] - sizes[-2] < MIN_LEAD:
                yield "no value is clearly the most frequent"
        elif isinstance(step, Correlation | Regression):
            left, right = (step.left, step.right) if isinstance(step, Correlation) else (step.x, step.y)
            both = (*before, Missing(left, negated=True), Missing(right, negated=True))
            if run(Program((*both, Count()))) < MIN_SAMPLE:
                yield f"fewer than {MIN_SAMPLE} rows have both values"
            elif (
                isinstance(step, Regression) and abs(run(Program((*both, Correlation(left, right))))) < MIN_CORRELATION
            ):
                yield "the line explains next to nothing"
        elif isinstance(step, HypothesisTest):
            yield from _thin_test(before, step, run)
        elif isinstance(step, Aggregate) and step.aggregation in ("mean", "median", "sum"):
            if run(Program((*before, Aggregate(step.column, "count")))) < MIN_PART:
                yield f"fewer than {MIN_PART} rows have a value"
        elif isinstance(step, Quantile | InterquartileRange | Outliers) or _is_shape(step):
            column = cast("Any", step).column
            if run(Program((*before, Aggregate(column, "count")))) < MIN_SPREAD_SAMPLE:
                yield f"fewer than {MIN_SPREAD_SAMPLE} rows have a value"


def _is_shape(step: Step) -> bool:
    return isinstance(step, Aggregate) and step.aggregation in ("skew", "kurt", "var", "std")


def _thin_groups(before: Steps, step: Group, rest: Steps, run: Run) -> Iterator[str]:
    sizes: dict[str, int] = run(Program((*before, Group(step.by, "count", step.column), GroupMapping())))
    best = any(isinstance(follower, BestGroup | TopGroups) for follower in rest)
    if len(sizes) < (MIN_GROUPS if best else 2):
        yield f"there are {len(sizes)} groups"
        return
    counts = step.column is None
    if counts and max(sizes.values()) > MOST_IN_ONE * sum(sizes.values()):
        yield "one group has nearly all rows"
    binned = any(isinstance(earlier, Bin) and earlier.name == step.by for earlier in before)
    if counts and sum(sizes.values()) < (MIN_SAMPLE if binned else MIN_COUNTED):
        yield f"the groups have {sum(sizes.values())} rows together"
    shares = any(isinstance(follower, GroupShares) for follower in rest)
    if shares and not counts and min(run(Program((*before, step, GroupMapping()))).values()) < 0:
        yield "a total is negative"
    part = any(isinstance(earlier, Derivation) and earlier.name == step.by for earlier in before)
    if part and not counts and max(sizes.values()) > MOST_IN_ONE * sum(sizes.values()):
        yield "one part of the date has nearly all rows"
    least = MIN_PART if part else MIN_GROUP
    if step.aggregation not in ("count", "nunique") and min(sizes.values()) < least:
        yield f"a group has {min(sizes.values())} rows"
    for place, follower in enumerate(rest):
        changed = any(isinstance(other, Along) for other in rest[:place])
        if changed and isinstance(follower, GroupValue) and str(int(follower.name) - 1) not in sizes:
            yield f"the year before {follower.name} is not there"
        if isinstance(follower, Along):
            changes = (*before, step, *rest[: place + 1])
            if run(Program((*changes, GroupCount()))) < MIN_PERIODS - 1:
                yield f"there are fewer than {MIN_PERIODS} periods"
            elif best and follower.operation != "cumulative" and run(Program((*changes, BestValue("largest")))) <= 0:
                yield "nothing increases"
        if isinstance(follower, BestGroup) and follower.rank > 1:
            yield from _shared_rank(
                Program((*before, step, *rest[:place], TopGroups(follower.rank, follower.direction))), run
            )
    grows = part and any(isinstance(follower, Along) for follower in rest)
    if grows and (min(sizes.values()) < MIN_PERIOD or not are_consecutive(sizes)):
        yield "the periods have few rows or gaps"


def _shared_rank(program: Program, run: Run) -> Iterator[str]:
    """Yield a tie among the ranks before the one asked for: after it, "third" can mean two groups."""
    try:
        run(program)
    except NoAnswer as refusal:
        yield f"ranks are shared: {refusal}"


def _thin_test(before: Steps, step: HypothesisTest, run: Run) -> Iterator[str]:
    if step.by is None:
        if run(Program((*before, Aggregate(step.column, "count")))) < MIN_SAMPLE:
            yield f"fewer than {MIN_SAMPLE} rows have a value"
        return
    if step.kind == "chi_square":
        rows: list[dict[str, int]] = list(run(Program((*before, Pivot(step.by, step.column, "count")))).values())
        names = {name for row in rows for name in row}
        columns = [sum(row.get(name, 0) for row in rows) for name in names]
        sums = [sum(row.values()) for row in rows]
        if min(sums) * min(columns) / sum(sums) < MIN_EXPECTED:
            yield f"an expected count is below {MIN_EXPECTED:g}"
        elif run(Program((*before, replace(step, part="statistic")))) < SAME:
            yield "the groups have the same shares"
        return
    sizes: dict[str, int] = run(Program((*before, Group(step.by, "count", step.column), GroupMapping())))
    compared = step.values or tuple(sizes)
    if any(sizes.get(name, 0) < MIN_SAMPLE for name in compared):
        yield f"a group of the test has fewer than {MIN_SAMPLE} rows"


def _equal_sides(program: Program, run: Run) -> str | None:
    """Return a fault if two groups are compared that have the same number."""
    if program.join is None or program.join.operator not in COMPARISONS:
        return None
    try:
        same = is_same(run(Program(program.steps)), run(Program(program.other)))
    except NoAnswer:
        return None
    return "both groups have the same number" if same else None


def _idle_preparation(program: Program, run: Run, answer: Any) -> str | None:
    """Return a fault if filling gaps leaves the answer unchanged."""
    filled = {step.name: step.column for step in program.steps if isinstance(step, Impute)}
    steps = tuple(step for step in program.steps if not isinstance(step, Impute))
    plain = rename_columns(replace(program, steps=steps), filled)
    try:
        return "the filled values change nothing" if filled and is_same(run(plain), answer) else None
    except NoAnswer:
        return None


def _idle_condition(program: Program, run: Run, answer: Any) -> str | None:
    """Return the condition without which a number, a list, the first or last date or a breakdown stays unchanged,
    or nearly all values stay.
    """
    ends = any(isinstance(step, Aggregate) and step.aggregation in ("min", "max") for step in program.steps[-1:])
    if not (isinstance(answer, int | float | dict | list) or ends) or isinstance(answer, bool):
        return None
    conditions = [step for step in program.steps if isinstance(step, Filter) and not isinstance(step, Sort | Top)]
    last = program.steps[-1] if program.steps else None
    values = isinstance(last, Aggregate) and last.aggregation == "nunique"
    for step in conditions[: -1 if program.join is not None else None]:
        without = replace(program, steps=_drop(program.steps, step), other=_drop(program.other, step))
        try:
            whole = run(without)
            if is_same(whole, answer) or (values and answer > NEARLY_ALL * whole):
                return f"{step} changes nothing"
        except NoAnswer:
            continue
    return None


def are_consecutive(periods: Iterable[str]) -> bool:
    """Return whether periods such as 2012, 2012Q3 or 2012-03 follow each other without a gap."""
    places: list[int] = []
    for period in periods:
        year, _, rest = period.replace("Q", "-").partition("-")
        size = 4 if "Q" in period else 12 if rest else 1
        places.append(int(year) * size + (int(rest) if rest else 0))
    return max(places) - min(places) + 1 == len(places)


def is_same(one: Any, other: Any) -> bool:
    """Return whether two answers are equal, numbers within what a different order of summation can change."""
    if isinstance(one, int | float) and isinstance(other, int | float):
        return isclose(one, other, rel_tol=SAME)
    return one == other


def _drop(steps: Steps, step: Step) -> Steps:
    return tuple(other for other in steps if other != step)
