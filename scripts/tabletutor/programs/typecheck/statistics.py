"""Check quantiles, weighted mean, correlation and regression."""

from typing import assert_never

from tabletutor.programs import grammar as g
from tabletutor.programs.typecheck.kinds import NUMERIC, AnswerKind, Columns, IllTypedError, require


def statistic_kind(step: g.Statistic, columns: Columns) -> AnswerKind:
    """Return the kind of a statistic of the rows. Raises `IllTypedError` if it does not fit the columns."""
    match step:
        case g.Quantile():
            kind = require(step, columns, step.column, NUMERIC)
            if not 0 < step.q < 1:
                raise IllTypedError(f"{step}: q is not between 0 and 1")
            return "number" if step.interpolation == "linear" else kind
        case g.InterquartileRange():
            require(step, columns, step.column, NUMERIC)
        case g.Correlation():
            for column in (step.left, step.right):
                require(step, columns, column, NUMERIC)
        case g.StrongestPair():
            if len(set(step.columns)) < max(len(step.columns), 3):
                raise IllTypedError(f"{step}: `columns` needs at least three different columns")
            for column in step.columns:
                require(step, columns, column, NUMERIC)
            return "set"
        case g.WeightedMean():
            _check_two(step, columns, step.column, step.weight)
        case g.Regression():
            _check_two(step, columns, step.x, step.y)
        case _:
            assert_never(step)
    return "number"


def _check_two(step: g.WeightedMean | g.Regression, columns: Columns, one: str, other: str) -> None:
    for column in (one, other):
        require(step, columns, column, NUMERIC)
    if one == other:
        raise IllTypedError(f"{step}: the two columns are the same")
