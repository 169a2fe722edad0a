"""Statistics that analysts seldom ask for, so that a table gets few questions about them, and plain ones."""

from collections.abc import Mapping, Sequence

from tabletutor.programs.grammar import (
    Aggregate,
    Aggregation,
    Correlation,
    Filter,
    HypothesisTest,
    Program,
    Scale,
    StrongestPair,
    all_steps,
)

_AGGREGATIONS: Mapping[Aggregation, str] = {"skew": "skewness", "kurt": "kurtosis", "var": "variance"}
_CATEGORIES = frozenset({"is", "is_not", "one_of", "flag", "lists"})  # kinds of conditions
TIME = ("year", "date")  # how the kinds of conditions on time begin


def rare_statistic(program: Program) -> str | None:
    """Return the name of the rare statistic that a program computes, or None.

    Spearman's correlation is rare in a part of the rows only.
    """
    steps = all_steps(program)
    for place, step in enumerate(steps):
        match step:
            case Aggregate(aggregation=aggregation) if aggregation in _AGGREGATIONS:
                return _AGGREGATIONS[aggregation]
            case Scale(method="zscore") if isinstance(steps[place + 1], Aggregate):
                return "z-score"
            case HypothesisTest(kind="shapiro"):
                return "normality"
            case Correlation(method="spearman") | StrongestPair(method="spearman"):
                return "Spearman" if any(isinstance(earlier, Filter) for earlier in steps) else None
            case _:
                pass
    return None


def is_far_fetched(program: Program, kinds: Sequence[str]) -> bool:
    """Return whether a rare statistic is asked about rows that are not all rows or those of one category.

    Different values are counted in rows of one category or one time: nobody counts the states of people above 30.
    `kinds` are the kinds of the population's pieces.
    """
    simple = len(kinds) <= 1 and _CATEGORIES.issuperset(kinds)
    timed = len(kinds) == 1 and kinds[0].startswith(TIME)
    values = any(isinstance(step, Aggregate) and step.aggregation == "nunique" for step in all_steps(program))
    return (values and not simple and not timed) or (rare_statistic(program) is not None and not simple)
