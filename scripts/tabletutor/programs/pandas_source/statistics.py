"""Quantiles, correlation and regression as pandas source."""

from tabletutor.programs import grammar as g


def statistic(step: g.Statistic, frame: str) -> str:
    """Return the expression for a statistic of the rows of `frame`."""
    match step:
        case g.Quantile():
            return f"{frame}[{step.column!r}].quantile({step.q!r})"
        case g.Correlation():
            return f"{frame}[{step.left!r}].corr({frame}[{step.right!r}])"
        case _:
            raise NotImplementedError
