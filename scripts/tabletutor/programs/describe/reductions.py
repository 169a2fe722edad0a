"""Steps from rows to an answer in words."""

from typing import assert_never

from tabletutor.programs import grammar as g
from tabletutor.programs.describe.aggregates import aggregate_words
from tabletutor.programs.describe.hypothesis_tests import hypothesis_test_words
from tabletutor.programs.describe.statistics import statistic_words


def reduction_words(step: g.Reduction) -> str:
    """Return what a step takes from the rows, as an imperative clause."""
    if isinstance(step, g.HypothesisTest):
        return hypothesis_test_words(step)
    if isinstance(step, g.Statistic):
        return statistic_words(step)
    match step:
        case g.Count():
            return "count the rows"
        case g.Aggregate():
            return aggregate_words(step.aggregation, step.column)
        case g.Span():
            return f"take max minus min of {step.column!r}"
        case g.Share():
            return f"take the percentage of rows where {step.column!r} {step.comparison} {step.value!r}"
        case g.MissingShare():
            return f"take the percentage of rows where {step.column!r} is missing"
        case g.MostFrequent():
            return f"take the most frequent {step.column!r}"
        case g.Lookup():
            return f"find the row with the {step.direction} {step.column!r} and read {step.target!r}"
        case g.ListOf():
            return f"list {step.column!r}"
        case g.Distinct():
            return f"list the distinct {step.column!r}"
        case g.Edge():
            return f"take the {step.place} {step.column!r}"
        case g.Streak():
            return f"count the longest run of rows where {step.column!r} {step.comparison} {step.value!r}"
        case g.BestWithin():
            return (
                f"for each {step.by!r} find the row with the {step.direction} {step.column!r} and read {step.target!r}"
            )
        case g.Pivot():
            value = "count the rows" if step.column is None else aggregate_words(step.aggregation, step.column)
            return f"{value} by {step.by!r} and {step.across!r}"
        case _:
            assert_never(step)
