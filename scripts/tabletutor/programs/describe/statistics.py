"""Quantiles, correlation and regression in words."""

from tabletutor.programs import grammar as g


def statistic_words(step: g.Statistic) -> str:
    """Return what a statistic takes from the rows, as an imperative clause."""
    match step:
        case g.Quantile():
            return f"take the {step.q} quantile of {step.column!r}"
        case g.Correlation():
            return f"correlate {step.left!r} with {step.right!r}"
        case _:
            raise NotImplementedError
