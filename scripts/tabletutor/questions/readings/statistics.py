"""Readings of statistics: quantiles, correlation, weights and hypothesis tests."""

from collections.abc import Iterator
from itertools import pairwise
from typing import get_args

from msgspec.structs import replace

from tabletutor.programs.grammar import (
    Aggregate,
    Correlation,
    Group,
    GroupStatistic,
    HypothesisTest,
    Interpolation,
    InterquartileRange,
    Program,
    Quantile,
    Step,
    StrongestPair,
    WeightedMean,
    all_steps,
)
from tabletutor.questions.readings.reading import (
    Reading,
    Steps,
    Table,
    change_chains,
    change_steps,
    join_chains,
    split_end,
)

LINEAR = ("Use linear interpolation.", "Interpolate linearly between values.")
PEARSON = ("Use Pearson's correlation.", "Take the Pearson correlation.")
SPEARMAN = ("Use Spearman's rank correlation.", "Take the Spearman correlation.")
UNEQUAL = ("Do not assume equal variances.", "Use Welch's test.")
EQUAL = ("Assume equal variances.", "Use Student's test with a common variance.")
TWO_SIDED = ("Use a two-sided test.", "Test both sides.")
NO_YATES = ("Do not apply Yates' correction.", "Leave out the continuity correction.")
T_TESTS = ("welch_t", "student_t")
TWO_GROUPS = (*T_TESTS, "mann_whitney")


def quantile_interpolation(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the readings of quantiles, and of the inter-quartile range, without interpolation."""
    for way in get_args(Interpolation):
        changed = change_steps(
            program, lambda step, way=way: replace(step, interpolation=way) if isinstance(step, Quantile) else step
        )
        if (end := split_end(program)) and isinstance(reach := end[1], InterquartileRange) and way != "linear":
            high, low = (Quantile(reach.column, q, way) for q in (0.75, 0.25))
            changed = join_chains((*end[0], high), "difference", (*end[0], low), end[2])
        if changed:
            yield Reading("quantile_interpolation", changed, LINEAR)


def correlation_method(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading with the correlation of ranks instead of values, or the reverse."""
    methods = {step.method for step in all_steps(program) if isinstance(step, Correlation | StrongestPair)}

    def change(step: Step) -> Step:
        if isinstance(step, Correlation | StrongestPair):
            return replace(step, method="spearman" if step.method == "pearson" else "pearson")
        return step

    if len(methods) == 1 and (changed := change_steps(program, change)):
        linear = methods == {"pearson"}
        yield Reading("rank_correlation" if linear else "linear_correlation", changed, PEARSON if linear else SPEARMAN)


def unweighted(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading of a weighted mean without weights."""
    weight = next((table.say(step.weight) for step in all_steps(program) if isinstance(step, WeightedMean)), "")
    changed = change_steps(
        program, lambda step: Aggregate(step.column, "mean") if isinstance(step, WeightedMean) else step
    )
    if changed:
        yield Reading("unweighted", changed, (f"Weight each row by {weight}.", f"Use {weight} as the weight."))


def mean_over_rows(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading of a mean of group means as the mean over all rows."""
    by = ""

    def change(steps: Steps) -> Steps:
        nonlocal by
        for place, (group, statistic) in enumerate(pairwise(steps)):
            match group, statistic:
                case Group(aggregation="mean", column=str(column)), GroupStatistic(statistic="mean"):
                    by = table.say(group.by)
                    return (*steps[:place], Aggregate(column, "mean"), *steps[place + 2 :])
                case _:
                    pass
        return steps

    if changed := change_chains(program, change):
        clause = (f"Give each {by} the same weight.", f"Each {by} counts once, however many rows it has.")
        yield Reading("mean_over_rows", changed, clause)


def other_variances(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading of a t-test with equal variances, or without them if the program assumes them."""
    kinds = {step.kind for step in _tests(program) if step.kind in T_TESTS}

    def change(step: Step) -> Step:
        if isinstance(step, HypothesisTest) and step.kind in T_TESTS:
            return replace(step, kind="student_t" if step.kind == "welch_t" else "welch_t")
        return step

    if len(kinds) == 1 and (changed := change_steps(program, change)):
        welch = kinds == {"welch_t"}
        yield Reading("equal_variances" if welch else "unequal_variances", changed, UNEQUAL if welch else EQUAL)


def one_sided(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading of a test of two groups as one-sided."""

    def change(step: Step) -> Step:
        if isinstance(step, HypothesisTest) and step.kind in TWO_GROUPS and step.part != "statistic":
            return replace(step, tails=1)
        return step

    if changed := change_steps(program, change):
        yield Reading("one_sided", changed, TWO_SIDED)


def other_group_first(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading of a statistic of two groups with the groups in the other order."""
    tests = [step for step in _tests(program) if step.kind in TWO_GROUPS and step.part == "statistic"]
    if not tests or len(tests[0].values) != 2:
        return
    first, second = (repr(value) for value in tests[0].values)
    changed = change_steps(
        program,
        lambda step: (
            replace(step, values=step.values[::-1]) if isinstance(step, HypothesisTest) and step in tests else step
        ),
    )
    clause = (
        (f"Give U for {first}.", f"Take {first} as the first group.")
        if tests[0].kind == "mann_whitney"
        else (f"Take {first} as the first group.", f"Subtract the mean of {second} from that of {first}.")
    )
    if changed:
        yield Reading("other_group_first", changed, clause)


def yates_correction(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading of a chi-square test with Yates' correction."""
    changed = change_steps(
        program,
        lambda step: (
            replace(step, yates=True) if isinstance(step, HypothesisTest) and step.kind == "chi_square" else step
        ),
    )
    if changed:
        yield Reading("yates_correction", changed, NO_YATES)


def _tests(program: Program) -> list[HypothesisTest]:
    return [step for step in all_steps(program) if isinstance(step, HypothesisTest)]
