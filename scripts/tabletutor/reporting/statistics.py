"""The statistics the report rests on, as pure functions over counts and arrays."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

import numpy as np
from scipy.optimize import brentq
from scipy.stats import binomtest, norm
from statsmodels.stats.multitest import multipletests

from tabletutor.records.identity import digest


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


def wilson(correct: int, n: int, confidence: float) -> Interval:
    """The Wilson score interval of a proportion, as a share of 1. (0, 1) where there is nothing to count."""
    if n == 0:
        return Interval(0.0, 1.0)
    interval = binomtest(correct, n).proportion_ci(confidence_level=confidence, method="wilson")
    return Interval(float(interval.low), float(interval.high))


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided McNemar p of paired yes/no outcomes, from the two discordant counts; 1 where both are 0."""
    discordant = only_first + only_second
    return float(binomtest(only_first, discordant, 0.5).pvalue) if discordant else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p-values, in the order given."""
    if not p_values:
        return []
    return [float(p) for p in cast("Sequence[float]", multipletests(list(p_values), method="holm")[1])]


def clustered_bootstrap(
    differences: Mapping[str, Sequence[int]], resamples: int, confidence: float, seed: int, item: str
) -> Interval:
    """Percentile interval of the mean paired difference, resampling whole clusters (tables) with replacement.

    Questions about one table are not independent; resampling tables says so. With few tables the interval is coarse,
    and with one it has no width at all. The generator is counter-based and keyed by seed and item, never global.

    Args:
        differences: By cluster, the differences of its pairs: 1, 0 or -1.
        resamples: Number of bootstrap resamples.
        confidence: Level, 0.95 for instance.
        seed: Seed of the project.
        item: What is being estimated; makes its stream its own.

    Raises:
        ValueError: If there is no pair at all.
    """
    clusters = sorted(name for name, values in differences.items() if values)
    if not clusters:
        raise ValueError("there is no pair to resample")
    sums = np.array([sum(differences[name]) for name in clusters], dtype=np.float64)
    sizes = np.array([len(differences[name]) for name in clusters], dtype=np.float64)
    source = np.random.Generator(np.random.Philox(key=int(digest(seed, "bootstrap", item)[:32], 16)))
    drawn = source.integers(0, len(clusters), size=(resamples, len(clusters)))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(low), float(high))


def minimum_detectable_effect(n: int, discordant: int, alpha: float, power: float = 0.8) -> float | None:
    """The smallest difference of two paired proportions that n pairs would show with the given power.

    Solves Connor's sample size formula for McNemar's test (Biometrics 43, 1987),
    n = (z_alpha/2 * sqrt(d) + z_power * sqrt(d - e²))² / e², for the effect e, at the observed share d of discordant
    pairs. None where no effect up to d would be shown: too few pairs, or none discordant.
    """
    if n == 0 or discordant == 0:
        return None
    share = discordant / n
    z_alpha, z_power = float(norm.ppf(1 - alpha / 2)), float(norm.ppf(power))

    def excess(effect: float) -> float:
        needed = z_alpha * math.sqrt(share) + z_power * math.sqrt(max(share - effect**2, 0.0))
        return math.sqrt(n) * effect - needed

    largest = min(share, 1.0)
    return float(cast(float, brentq(excess, 0.0, largest))) if excess(largest) > 0 else None
