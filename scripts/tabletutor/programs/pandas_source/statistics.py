"""Quantiles, weighted mean, correlation and regression as pandas source."""

from typing import assert_never

from tabletutor.programs import grammar as g

_FIT = {"slope": "fit.slope", "intercept": "fit.intercept", "r2": "fit.rvalue ** 2"}


def statistic_preparation(step: g.Statistic, frame: str) -> tuple[str, ...]:
    """Return the lines of code that must stand before the expression for a statistic."""
    match step:
        case g.StrongestPair():
            method = "" if step.method == "pearson" else f"method={step.method!r}"
            return (
                f"matrix = {frame}[{list(step.columns)!r}].corr({method}).abs()",
                "pairs = matrix.where(np.triu(np.ones(matrix.shape, dtype=bool), k=1)).stack()",
            )
        case g.WeightedMean():
            return (f"pairs = {frame}.dropna(subset={[step.column, step.weight]!r})",)
        case g.Regression():
            return (
                "from scipy import stats",
                f"pairs = {frame}.dropna(subset={[step.x, step.y]!r})",
                f"fit = stats.linregress(pairs[{step.x!r}], pairs[{step.y!r}])",
            )
        case _:
            return ()


def statistic(step: g.Statistic, frame: str) -> str:
    """Return the expression for a statistic of the rows of `frame`."""
    match step:
        case g.Quantile():
            how = "" if step.interpolation == "linear" else f", interpolation={step.interpolation!r}"
            return f"{frame}[{step.column!r}].quantile({step.q!r}{how})"
        case g.InterquartileRange():
            series = f"{frame}[{step.column!r}]"
            return f"{series}.quantile(0.75) - {series}.quantile(0.25)"
        case g.Correlation():
            how = "" if step.method == "pearson" else f", method={step.method!r}"
            return f"{frame}[{step.left!r}].corr({frame}[{step.right!r}]{how})"
        case g.StrongestPair():
            return "sorted(pairs.idxmax())"
        case g.WeightedMean():
            return f"np.average(pairs[{step.column!r}], weights=pairs[{step.weight!r}])"
        case g.Regression():
            return _FIT[step.part]
        case _:
            assert_never(step)
