"""Statistics for the report, as pure functions over counts and arrays."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import binomtest, norm, permutation_test
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from tabletutor.records.identity import digest

BATCH = 1000  # patterns of signs in memory at once


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


def wilson(correct: float, n: int, confidence: float) -> Interval:
    """Return the Wilson score interval of a proportion, as shares of 1; (0, 1) for n = 0.

    `correct` may be fractional, such as a sum of shares.
    """
    if n == 0:
        return Interval(0.0, 1.0)
    bounds = proportion_confint(correct, n, alpha=1 - confidence, method="wilson")
    low, high = cast("tuple[float, float]", bounds)
    return Interval(max(0.0, float(low)), min(1.0, float(high)))


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the exact two-sided McNemar p of paired binary outcomes from the discordant counts; 1 if both are 0."""
    discordant = only_first + only_second
    return float(binomtest(only_first, discordant, 0.5).pvalue) if discordant else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's step-down adjusted p-values, in the order given."""
    if not p_values:
        return []
    return [float(p) for p in cast("Sequence[float]", multipletests(list(p_values), method="holm")[1])]


Outcomes = Mapping[str, Sequence[float]]  # a value for each question, by cluster (table)


def clustered_bootstrap(differences: Outcomes, resamples: int, confidence: float, seed: int, item: str) -> Interval:
    """Return the percentile interval of the mean paired difference, resampling whole clusters (tables).

    Questions about one table are not independent, so tables are resampled instead of questions. With few tables the
    interval is coarse; with one table it has no width. Random numbers depend only on `seed` and `item`.

    Args:
        differences: The differences of the pairs, by cluster.
        resamples: Number of bootstrap resamples.
        confidence: Confidence level, such as 0.95.
        seed: Seed of the project.
        item: Name of the estimate. Each item has its own random stream.

    Raises:
        ValueError: If there is no pair.
    """
    return crossed_bootstrap([differences], [], resamples, confidence, seed, item)


def crossed_bootstrap(
    runs: Sequence[Outcomes], others: Sequence[Outcomes], resamples: int, confidence: float, seed: int, item: str
) -> Interval:
    """Return the percentile interval of a difference of means, resampling clusters (tables) and runs independently.

    Every run answers questions about every table, so tables and runs are crossed: each resample draws tables for both
    sides, and runs within each side. This is the pigeonhole bootstrap (Owen, Annals of Applied Statistics 1, 2007). It
    is conservative with many tables and runs, and too narrow with few: with three runs, the part of the standard error
    that comes from runs is √(2/3) of its correct size; with one run it is 0. Random numbers depend only on `seed` and
    `item`.

    Args:
        runs: The runs of one side, each with the same questions.
        others: The runs of the side to subtract, with the same questions; empty without such a side.
        resamples: Number of bootstrap resamples.
        confidence: Confidence level, such as 0.95.
        seed: Seed of the project.
        item: Name of the estimate. Each item has its own random stream.

    Raises:
        ValueError: If there is no run or no question, or if runs have different numbers of questions about a table.
    """
    sizes = {name: len(values) for run in runs for name, values in run.items() if values}
    clusters = sorted(sizes)
    if not clusters:
        raise ValueError("no pair to resample")
    if any(len(run.get(name, ())) != sizes[name] for run in (*runs, *others) for name in clusters):
        raise ValueError("runs with different numbers of questions about a table cannot be resampled together")
    source = _generator(seed, "bootstrap", item)
    picks = source.integers(0, len(clusters), size=(resamples, len(clusters)))
    sums = _resampled_sums(runs, clusters, resamples, source)
    if others:
        sums = sums - _resampled_sums(others, clusters, resamples, source)
    counts = np.array([sizes[name] for name in clusters], dtype=np.float64)
    means = np.take_along_axis(sums, picks, axis=1).sum(axis=1) / counts[picks].sum(axis=1)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(low), float(high))


def _resampled_sums(
    runs: Sequence[Outcomes], clusters: Sequence[str], resamples: int, source: np.random.Generator
) -> NDArray[np.float64]:
    """Return, for each resample (row) and cluster (column), the sum of outcomes, averaged over the sampled runs."""
    sums = np.array([[math.fsum(run[name]) for name in clusters] for run in runs], dtype=np.float64)
    picks = source.integers(0, len(runs), size=(resamples, len(runs)))
    return sums[picks].mean(axis=1)


def sign_flip(differences: Sequence[float], permutations: int, seed: int, item: str) -> float:
    """Return the two-sided p of paired differences, by a permutation test that swaps the sides of each pair.

    Swapping the sides flips the sign of a difference. The test tries all patterns of signs if there are at most
    `permutations`. Otherwise it samples that many and counts the observed pattern among them (Phipson and Smyth,
    Statistical Applications in Genetics and Molecular Biology 9, 2010), so p is at least 2 / (permutations + 1). Pairs
    without a difference are ignored. The order of the differences does not matter.

    Args:
        differences: The difference of each pair.
        permutations: The largest number of patterns to try.
        seed: Seed of the project.
        item: Name of the test. Each item has its own random stream.
    """
    decisive = np.sort(np.array([value for value in differences if value], dtype=np.float64))
    if decisive.size == 0:
        return 1.0
    if decisive.size == 1:  # scipy needs two differences; both patterns of one are equally far from 0
        return 1.0
    tested = permutation_test(
        (decisive,),
        _rounded_sum,
        permutation_type="samples",
        vectorized=True,
        n_resamples=permutations,
        batch=BATCH,
        rng=_generator(seed, "permutations", item),
    )
    return float(tested.pvalue)


def _rounded_sum(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Return rounded sums, so that sums of thirds that differ only by rounding errors count as ties."""
    return np.round(values.sum(axis=axis), 9)


def is_significant(p: float, interval: Interval, confidence: float) -> bool:
    """Return whether a difference is significant: p is below 1 − confidence, and the interval excludes 0."""
    return p < 1 - confidence and (interval.low > 0 or interval.high < 0)


def _generator(seed: int, *item: str) -> np.random.Generator:
    """Return a counter-based random generator for one item."""
    return np.random.Generator(np.random.Philox(key=int(digest(seed, *item)[:32], 16)))


def minimum_detectable_effect(n: int, discordant: int, alpha: float, power: float = 0.8) -> float | None:
    """Return the smallest difference of two paired proportions that n pairs detect with the given power.

    Solves Connor's sample size formula for McNemar's test (Biometrics 43, 1987),
    n = (z_alpha/2 * sqrt(d) + z_power * sqrt(d - e²))² / e², for the effect e, at the observed share d of discordant
    pairs. None if no effect up to d is detectable: too few pairs, or no discordant ones.
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
