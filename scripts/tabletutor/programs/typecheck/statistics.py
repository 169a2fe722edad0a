"""Check quantiles, correlation and regression."""

from tabletutor.programs import grammar as g
from tabletutor.programs.typecheck.kinds import NUMERIC, AnswerKind, Columns, IllTypedError, require


def statistic_kind(step: g.Statistic, columns: Columns) -> AnswerKind:
    """Return the kind of a statistic of the rows. Raises `IllTypedError` if it does not fit the columns."""
    match step:
        case g.Quantile():
            require(step, columns, step.column, NUMERIC)
            if not 0 < step.q < 1:
                raise IllTypedError(f"{step}: q is not between 0 and 1")
            return "number"
        case g.Correlation():
            for column in (step.left, step.right):
                require(step, columns, column, NUMERIC)
            return "number"
        case _:
            raise NotImplementedError
