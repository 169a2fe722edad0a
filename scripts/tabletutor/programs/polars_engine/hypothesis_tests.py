"""Hypothesis tests of the Polars engine, with NumPy.

Statistics come from deviations and counts; p-values from the incomplete beta and gamma functions and from `erfc`.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple, assert_never

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import betainc, gammaincc

from tabletutor.programs import grammar as g
from tabletutor.programs.answers import Scalar, to_answer
from tabletutor.programs.polars_engine.shapiro_wilk import shapiro_wilk

SMALLEST_P = 1e-12
TIE = 1e-9
Sample = NDArray[np.float64]


class Result(NamedTuple):
    """The statistic and the two-sided p-value."""

    statistic: float
    p: float


def compute_test(step: g.HypothesisTest, frame: pl.DataFrame) -> Scalar:
    """Return the part of the test that the step asks for. Raises `NoAnswer` where the step's description says so."""
    with np.errstate(all="ignore"):  # an overflow gives inf or nan, which is no answer
        result = _test(step, frame)
    if not math.isfinite(result.statistic) or not math.isfinite(result.p):
        raise g.NoAnswer("no_answer", f"the test gives {result}")
    p = result.p / 2 if step.tails == 1 else result.p
    match step.part:
        case "statistic":
            return to_answer(result.statistic)
        case "p":
            if p < SMALLEST_P:
                raise g.NoAnswer("no_answer", f"p is below {SMALLEST_P}")
            return p
        case "decision":
            if math.isclose(p, step.level, rel_tol=TIE, abs_tol=0.0):
                raise g.NoAnswer("tie", f"p and the level are {step.level}")
            return p < step.level


def _test(step: g.HypothesisTest, frame: pl.DataFrame) -> Result:
    column = frame.get_column(step.column)
    if step.by is None:
        return Result(*shapiro_wilk(_sample(column.drop_nulls())))
    rows = pl.DataFrame({"value": column, "name": frame.get_column(step.by)}).drop_nulls()
    match step.kind:
        case "chi_square":
            return _chi_square(rows, yates=step.yates)
        case "anova":
            names = rows.get_column("name").unique(maintain_order=True).to_list()
            return _anova(_samples(rows, names))
        case "mann_whitney":
            return _mann_whitney(*_samples(rows, step.values))
        case "welch_t":
            return _welch_t(*_samples(rows, step.values))
        case "student_t":
            return _student_t(*_samples(rows, step.values))
        case "shapiro":
            raise AssertionError(step)  # the check of the program refuses it
        case _:
            assert_never(step.kind)


def _sample(values: pl.Series) -> Sample:
    return values.cast(pl.Float64).to_numpy()


def _samples(rows: pl.DataFrame, names: Sequence[object]) -> list[Sample]:
    """Return the values of each group. Raises `NoAnswer` for a group with fewer than two."""
    samples = [_sample(rows.filter(rows.get_column("name") == name).get_column("value")) for name in names]
    for name, sample in zip(names, samples, strict=True):
        if len(sample) < 2:
            raise g.NoAnswer("no_answer", f"group {name!r} has fewer than two values")
    return samples


def _require_variation(*samples: Sample) -> None:
    if not any(np.ptp(sample) > 0 for sample in samples):
        raise g.NoAnswer("no_answer", "the values do not vary")


def _squares(sample: Sample) -> float:
    """Return the sum of the squared deviations from the mean."""
    deviations = sample - sample.mean()
    return float(deviations @ deviations)


def _t_result(difference: float, variance: float, freedom: float) -> Result:
    t = difference / math.sqrt(variance)
    return Result(t, float(betainc(freedom / 2, 0.5, freedom / (freedom + t * t))))


def _student_t(one: Sample, other: Sample) -> Result:
    _require_variation(one, other)
    freedom = len(one) + len(other) - 2
    variance = (_squares(one) + _squares(other)) / freedom * (1 / len(one) + 1 / len(other))
    return _t_result(float(one.mean() - other.mean()), variance, freedom)


def _welch_t(one: Sample, other: Sample) -> Result:
    _require_variation(one, other)
    errors = [_squares(sample) / (len(sample) * (len(sample) - 1)) for sample in (one, other)]
    weights = [error / sum(errors) for error in errors]  # Satterthwaite's degrees of freedom
    freedom = 1 / (weights[0] ** 2 / (len(one) - 1) + weights[1] ** 2 / (len(other) - 1))
    return _t_result(float(one.mean() - other.mean()), sum(errors), freedom)


def _mann_whitney(one: Sample, other: Sample) -> Result:
    both = np.concatenate([one, other])
    _require_variation(both)
    ordered = np.sort(other)
    below, not_above = np.searchsorted(ordered, one, "left"), np.searchsorted(ordered, one, "right")
    u = float((below + not_above).sum()) / 2  # a tie counts one half
    pairs, n = len(one) * len(other), len(both)
    ties = np.unique(both, return_counts=True)[1].astype(np.float64)
    variance = pairs / 12 * (n + 1 - float((ties**3 - ties).sum()) / (n * (n - 1)))
    z = (abs(u - pairs / 2) - 0.5) / math.sqrt(variance)
    return Result(u, min(1.0, math.erfc(z / math.sqrt(2))))


def _anova(samples: list[Sample]) -> Result:
    if len(samples) < 2:
        raise g.NoAnswer("no_answer", "an analysis of variance needs two groups")
    _require_variation(*samples)
    everything = np.concatenate(samples)
    mean = everything.mean()
    between = math.fsum(len(sample) * float(sample.mean() - mean) ** 2 for sample in samples)
    within = math.fsum(map(_squares, samples))
    upper, lower = len(samples) - 1, len(everything) - len(samples)
    f = (between / upper) / (within / lower)
    return Result(f, float(betainc(lower / 2, upper / 2, lower / (lower + upper * f))))


def _chi_square(rows: pl.DataFrame, *, yates: bool) -> Result:
    codes = [rows.get_column(axis).rank("dense").to_numpy().astype(np.int64) - 1 for axis in ("name", "value")]
    shape = [int(code.max()) + 1 if len(code) else 0 for code in codes]
    if min(shape) < 2:
        raise g.NoAnswer("no_answer", "a chi-square test needs two values of each column")
    observed = np.bincount(codes[0] * shape[1] + codes[1], minlength=shape[0] * shape[1]).reshape(shape)
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / rows.height
    distance = np.abs(observed - expected)
    freedom = (shape[0] - 1) * (shape[1] - 1)
    if yates and freedom == 1:
        distance = np.maximum(distance - 0.5, 0)
    statistic = float((distance**2 / expected).sum())
    return Result(statistic, float(gammaincc(freedom / 2, statistic / 2)))
