"""Check the steps from rows to an answer."""

from typing import assert_never

from tabletutor.programs import grammar as g
from tabletutor.programs.typecheck.aggregates import aggregate_kind, grouped_kind
from tabletutor.programs.typecheck.hypothesis_tests import hypothesis_test_kind
from tabletutor.programs.typecheck.kinds import (
    ANY,
    DISCRETE,
    NUMERIC,
    ORDERED,
    AnswerKind,
    Columns,
    IllTypedError,
    check_condition,
    require,
)
from tabletutor.programs.typecheck.statistics import statistic_kind


def reduction_kind(step: g.Reduction, columns: Columns) -> AnswerKind:
    """Return the kind of the answer that a step takes from rows."""
    if isinstance(step, g.HypothesisTest):
        return hypothesis_test_kind(step, columns)
    if isinstance(step, g.Statistic):
        return statistic_kind(step, columns)
    match step:
        case g.Count():
            return "integer"
        case g.Aggregate():
            return aggregate_kind(step, step.column, columns)
        case g.Span():
            return require(step, columns, step.column, NUMERIC)
        case g.Share():
            check_condition(step, columns)
            return "number"
        case g.MissingShare():
            require(step, columns, step.column, ANY)
            return "number"
        case g.MostFrequent():
            return require(step, columns, step.column, DISCRETE)
        case g.Lookup():
            require(step, columns, step.column, ORDERED)
            return require(step, columns, step.target, ANY)
        case g.ListOf():
            require(step, columns, step.column, ANY)
            return "list"
        case g.Distinct():
            require(step, columns, step.column, DISCRETE)
            return "set"
        case g.Edge():
            return require(step, columns, step.column, ANY)
        case g.Streak():
            check_condition(step, columns)
            return "integer"
        case g.BestWithin():
            require(step, columns, step.by, DISCRETE)
            require(step, columns, step.column, ORDERED)
            require(step, columns, step.target, ANY)
            if step.target == step.by:
                raise IllTypedError(f"{step}: each group would be mapped to itself")
            return "mapping"
        case g.Pivot():
            for column in (step.by, step.across):
                require(step, columns, column, DISCRETE)
            if step.by == step.across:
                raise IllTypedError(f"{step}: rows and columns of the table are the same column")
            grouped_kind(step, columns)
            return "table"
        case _:
            assert_never(step)
