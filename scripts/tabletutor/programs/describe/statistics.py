"""Quantiles, weighted mean, correlation and regression in words."""

from typing import assert_never

from tabletutor.programs import grammar as g

_INTERPOLATIONS = {
    "linear": "",
    "lower": ", of the two nearest values the lower one",
    "higher": ", of the two nearest values the higher one",
    "nearest": ", rounded to the nearest value",
}
_FIT_PARTS = {"slope": "slope", "intercept": "intercept", "r2": "R squared"}


def statistic_words(step: g.Statistic) -> str:
    """Return what a statistic takes from the rows, as an imperative clause."""
    match step:
        case g.Quantile():
            return f"take the {step.q} quantile of {step.column!r}{_INTERPOLATIONS[step.interpolation]}"
        case g.InterquartileRange():
            return f"take the 0.75 quantile minus the 0.25 quantile of {step.column!r}"
        case g.Correlation():
            return f"correlate {step.left!r} with {step.right!r}{_by(step.method)}"
        case g.StrongestPair():
            return f"correlate all pairs of {list(step.columns)!r}{_by(step.method)} and name the strongest pair"
        case g.WeightedMean():
            return f"take the mean of {step.column!r} weighted by {step.weight!r}"
        case g.Regression():
            return f"fit a line of {step.y!r} on {step.x!r} and take its {_FIT_PARTS[step.part]}"
        case _:
            assert_never(step)


def _by(method: str) -> str:
    return " by ranks (Spearman)" if method == "spearman" else ""
