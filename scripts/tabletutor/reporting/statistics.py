"""The statistics the report rests on, as pure functions over counts and arrays."""

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

BATCH = 1000  # patterns of signs that are in memory at once


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


def wilson(correct: float, n: int, confidence: float) -> Interval:
    """The Wilson score interval of a proportion, as a share of 1. (0, 1) where there is nothing to count. `correct`
    need not be whole: it may be a sum of shares.
    """
    if n == 0:
        return Interval(0.0, 1.0)
    found = proportion_confint(correct, n, alpha=1 - confidence, method="wilson")
    low, high = cast("tuple[float, float]", found)
    return Interval(max(0.0, float(low)), min(1.0, float(high)))


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided McNemar p of paired yes/no outcomes, from the two discordant counts; 1 where both are 0."""
    discordant = only_first + only_second
    return float(binomtest(only_first, discordant, 0.5).pvalue) if discordant else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p-values, in the order given."""
    if not p_values:
        return []
    return [float(p) for p in cast("Sequence[float]", multipletests(list(p_values), method="holm")[1])]


Outcomes = Mapping[str, Sequence[float]]  # by cluster (table), a value for each question


def clustered_bootstrap(differences: Outcomes, resamples: int, confidence: float, seed: int, item: str) -> Interval:
    """Percentile interval of the mean paired difference, resampling whole clusters (tables) with replacement.

    Questions about one table are not independent; resampling tables says so. With few tables the interval is coarse,
    and with one it has no width at all. The generator is counter-based and keyed by seed and item, never global.

    Args:
        differences: By cluster, the differences of its pairs.
        resamples: Number of bootstrap resamples.
        confidence: Level, 0.95 for instance.
        seed: Seed of the project.
        item: What is being estimated; makes its stream its own.

    Raises:
        ValueError: If there is no pair at all.
    """
    return crossed_bootstrap([differences], [], resamples, confidence, seed, item)


def crossed_bootstrap(
    runs: Sequence[Outcomes], others: Sequence[Outcomes], resamples: int, confidence: float, seed: int, item: str
) -> Interval:
    """Percentile interval of a difference of means, resampling clusters (tables) and, apart from them, runs.

    Every run meets every table, so tables and runs are crossed: each resample draws tables for both sides, and runs
    within each side. This is the pigeonhole bootstrap (Owen, Annals of Applied Statistics 1, 2007), which errs on the
    wide side where there are many of both. With few it is too narrow: of three runs, the part of the standard error
    that comes from runs is √(2/3) of what it should be; with one run there is no such part. The generator is as in
    `clustered_bootstrap`.

    Args:
        runs: The runs of one side, with the same questions each.
        others: The runs of the side that is subtracted, with the same questions; none where there is no such side.
        resamples: Number of bootstrap resamples.
        confidence: Level, 0.95 for instance.
        seed: Seed of the project.
        item: What is being estimated; makes its stream its own.

    Raises:
        ValueError: If there is no run or no question at all, or runs have not the same number of questions of a table.
    """
    sizes = {name: len(values) for run in runs for name, values in run.items() if values}
    clusters = sorted(sizes)
    if not clusters:
        raise ValueError("there is no pair to resample")
    if any(len(run.get(name, ())) != sizes[name] for run in (*runs, *others) for name in clusters):
        raise ValueError("runs that answered different numbers of questions of a table cannot be resampled together")
    source = _generator(seed, "bootstrap", item)
    drawn = source.integers(0, len(clusters), size=(resamples, len(clusters)))
    sums = _resampled_sums(runs, clusters, resamples, source)
    if others:
        sums = sums - _resampled_sums(others, clusters, resamples, source)
    counts = np.array([sizes[name] for name in clusters], dtype=np.float64)
    means = np.take_along_axis(sums, drawn, axis=1).sum(axis=1) / counts[drawn].sum(axis=1)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(low), float(high))


def _resampled_sums(
    runs: Sequence[Outcomes], clusters: Sequence[str], resamples: int, source: np.random.Generator
) -> NDArray[np.float64]:
    """For each resample (row) and cluster (column) the sum of a run's outcomes, as the mean over the runs drawn."""
    sums = np.array([[math.fsum(run[name]) for name in clusters] for run in runs], dtype=np.float64)
    drawn = source.integers(0, len(runs), size=(resamples, len(runs)))
    return sums[drawn].mean(axis=1)


def sign_flip(differences: Sequence[float], permutations: int, seed: int, item: str) -> float:
    """The two-sided p of paired differences by the permutation test that exchanges the sides of each pair.

    Exchanging the sides turns the sign of a difference. All patterns of signs are tried where they are no more than
    `permutations`; else so many are drawn, and the observed one counts among them (Phipson and Smyth, Statistical
    Applications in Genetics and Molecular Biology 9, 2010), so that p is never below 2 / (permutations + 1). Pairs
    without a difference decide nothing and are left out. The order of the differences does not matter.

    Args:
        differences: The difference of each pair.
        permutations: Patterns of signs that are tried, at most.
        seed: Seed of the project.
        item: What is being tested; makes its stream its own.
    """
    decisive = np.sort(np.array([value for value in differences if value], dtype=np.float64))
    if decisive.size == 0:
        return 1.0
    if decisive.size == 1:  # scipy asks for two: both patterns of one sign are as far from 0
        return 1.0
    tested = permutation_test(
        (decisive,),
        _tied_sum,
        permutation_type="samples",
        vectorized=True,
        n_resamples=permutations,
        batch=BATCH,
        rng=_generator(seed, "permutations", item),
    )
    return float(tested.pvalue)


def _tied_sum(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Sums in which what is equal but for the rounding of thirds is equal: as many patterns of signs are ties."""
    return np.round(values.sum(axis=axis), 9)


def difference_is_shown(p: float, interval: Interval, confidence: float) -> bool:
    """Whether a difference counts as shown: p is below 1 − confidence, and the interval excludes 0."""
    return p < 1 - confidence and (interval.low > 0 or interval.high < 0)


def _generator(seed: int, *item: str) -> np.random.Generator:
    """A counter-based generator of its own for one item."""
    return np.random.Generator(np.random.Philox(key=int(digest(seed, *item)[:32], 16)))


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
