"""Quantiles, weighted mean, correlation and regression in Polars and NumPy."""

import itertools
import math
from typing import Any, assert_never

import numpy as np
import polars as pl

from tabletutor.programs import grammar as g
from tabletutor.programs.answers import to_answer

TIE = 1e-9


def compute_statistic(step: g.Statistic, frame: pl.DataFrame) -> Any:
    """Return a statistic of the rows, as JSON."""
    with np.errstate(all="ignore"):  # an overflow gives inf or nan, which is no answer
        match step:
            case g.Quantile():
                return to_answer(_quantile(step, frame))
            case g.InterquartileRange():
                return to_answer(_interquartile_range(step, frame))
            case g.Correlation():
                return to_answer(_correlation(frame, step.left, step.right, step.method))
            case g.StrongestPair():
                return _strongest_pair(step, frame)
            case g.WeightedMean():
                return to_answer(_weighted_mean(step, frame))
            case g.Regression():
                return to_answer(_regression(step, frame))
            case _:
                assert_never(step)


def _quantile(step: g.Quantile, frame: pl.DataFrame) -> int | float | None:
    """Return the quantile; without a linear interpolation, it is a value of the column."""
    column = frame.get_column(step.column)
    if step.interpolation == "linear":
        return column.quantile(step.q, interpolation="linear")
    values = column.drop_nulls().sort()
    if not len(values):
        return None
    position = round((len(values) - 1) * step.q, 9)
    index = {"lower": math.floor, "higher": math.ceil, "nearest": round}[step.interpolation](position)
    return values[index]


def _interquartile_range(step: g.InterquartileRange, frame: pl.DataFrame) -> float | None:
    """Return the third quartile minus the first, or None without values."""
    column = frame.get_column(step.column)
    low, high = (column.quantile(q, interpolation="linear") for q in (0.25, 0.75))
    return None if low is None or high is None else high - low


def _correlation(frame: pl.DataFrame, left: str, right: str, method: str) -> float | None:
    """Return the correlation, or None if a column does not vary over the rows where both have a value."""
    pairs = _pairs(frame, left, right)
    if any(pairs.get_column(axis).n_unique() < 2 for axis in "xy"):
        return None
    if method == "spearman":
        pairs = pairs.select(pl.col("x", "y").rank("average"))
    return pairs.cast(pl.Float64).select(pl.corr("x", "y", method="pearson")).item()


def _strongest_pair(step: g.StrongestPair, frame: pl.DataFrame) -> list[str]:
    """Return the two columns, sorted. Raises `NoAnswer` for a tie and if no pair has a correlation."""
    strengths: list[tuple[float, list[str]]] = []
    for left, right in itertools.combinations(step.columns, 2):
        r = _correlation(frame, left, right, step.method)
        if r is not None and math.isfinite(r):
            strengths.append((abs(r), sorted([left, right])))
    strengths.sort(reverse=True)
    if not strengths:
        raise g.NoAnswer("no_answer", "no pair of columns has a correlation")
    if len(strengths) > 1 and math.isclose(strengths[0][0], strengths[1][0], rel_tol=TIE, abs_tol=0.0):
        raise g.NoAnswer("tie", f"{strengths[0][1]} and {strengths[1][1]} correlate equally")
    return strengths[0][1]


def _weighted_mean(step: g.WeightedMean, frame: pl.DataFrame) -> float:
    """Return the weighted mean. Raises `NoAnswer` for a negative weight and for weights that sum to 0."""
    pairs = _pairs(frame, step.column, step.weight)
    values, weights = (_floats(pairs, axis) for axis in "xy")
    if (weights < 0).any():
        raise g.NoAnswer("no_answer", "a weight is negative")
    total = float(weights.sum())
    if total == 0:
        raise g.NoAnswer("no_answer", "the weights sum to 0")
    return float(np.dot(values, weights)) / total


def _regression(step: g.Regression, frame: pl.DataFrame) -> float:
    """Return the slope, intercept or R². Raises `NoAnswer` for fewer than three rows or a column that does not vary."""
    pairs = _pairs(frame, step.x, step.y)
    if pairs.height < 3:
        raise g.NoAnswer("no_answer", "a regression needs three rows")
    if any(pairs.get_column(axis).n_unique() < 2 for axis in ("xy" if step.part == "r2" else "x")):
        raise g.NoAnswer("no_answer", "a column of the regression does not vary")
    x, y = (_floats(pairs, axis) for axis in "xy")
    from_x, from_y = x - x.mean(), y - y.mean()
    product, square = float(np.dot(from_x, from_y)), float(np.dot(from_x, from_x))
    match step.part:
        case "slope":
            return product / square
        case "intercept":
            return float(y.mean()) - product / square * float(x.mean())
        case "r2":
            return product * product / (square * float(np.dot(from_y, from_y)))


def _pairs(frame: pl.DataFrame, left: str, right: str) -> pl.DataFrame:
    """Return the rows where both have a value, as the columns x and y."""
    return pl.DataFrame({"x": frame.get_column(left), "y": frame.get_column(right)}).drop_nulls()


def _floats(pairs: pl.DataFrame, axis: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return pairs.get_column(axis).cast(pl.Float64).to_numpy()
