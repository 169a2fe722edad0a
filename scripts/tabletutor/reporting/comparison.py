"""Compare two runs on the same questions, pair by pair, and write `metrics/comparison.json`."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import msgspec

from tabletutor.config.reporting import ReportingConfig
from tabletutor.records.episode import Score
from tabletutor.records.question import Novelty
from tabletutor.records.record import Record, read_records, write_record
from tabletutor.reporting.statistics import clustered_bootstrap, holm, mcnemar, minimum_detectable_effect

POWER = 0.8


class PairedGroup(Record, frozen=True):
    """Two runs on one group of questions. Accuracies are shares of 1; `points` and its interval are percentage points.

    `p_holm` is corrected over the novelty classes. It is null for all questions, the only planned test.
    `minimum_detectable_points` assumes this n, the observed share of discordant pairs and a power of 80 %.
    """

    group: str
    n: int
    tables: int
    both: int
    only_baseline: int
    only_candidate: int
    neither: int
    accuracy_baseline: float
    accuracy_candidate: float
    points: float
    points_low: float
    points_high: float
    p: float
    p_holm: float | None
    minimum_detectable_points: float | None


class Comparison(Record, frozen=True):
    """The content of `comparison.json`. `overall`: all questions. `groups`: the novelty classes that occur."""

    baseline: str
    candidate: str
    confidence: float
    bootstrap: int
    overall: PairedGroup
    groups: tuple[PairedGroup, ...]


Pair = tuple[Score, Score]


def compare(baseline: Sequence[Score], candidate: Sequence[Score], config: ReportingConfig, seed: int) -> Comparison:
    """Compare two runs pair by pair. Raises ValueError unless both were asked the same questions, at least one."""
    ours = {(score.question_id, score.sample): score for score in baseline}
    theirs = {(score.question_id, score.sample): score for score in candidate}
    if not ours or ours.keys() != theirs.keys():
        raise ValueError(
            f"runs {config.baseline} and {config.candidate} cannot be compared: they were not asked the same "
            f"questions ({len(ours.keys() - theirs.keys())} only the first, {len(theirs.keys() - ours.keys())} only "
            f"the second, {len(ours.keys() & theirs.keys())} both)"
        )
    pairs = [(ours[key], theirs[key]) for key in sorted(ours)]
    by_novelty: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_novelty[pair[0].novelty].append(pair)
    groups = [_group(name, by_novelty[name], config, seed) for name in get_args(Novelty) if name in by_novelty]
    corrected = holm([group.p for group in groups])
    return Comparison(
        baseline=config.baseline,
        candidate=config.candidate,
        confidence=config.confidence,
        bootstrap=config.bootstrap,
        overall=_group("all", pairs, config, seed),
        groups=tuple(msgspec.structs.replace(group, p_holm=p) for group, p in zip(groups, corrected, strict=True)),
    )


def _group(name: str, pairs: Sequence[Pair], config: ReportingConfig, seed: int) -> PairedGroup:
    """Return the figures for one group of pairs. The name of the group is part of the key of its random numbers."""
    n = len(pairs)
    both = sum(first.correct and second.correct for first, second in pairs)
    only_baseline = sum(first.correct and not second.correct for first, second in pairs)
    only_candidate = sum(second.correct and not first.correct for first, second in pairs)
    differences: defaultdict[str, list[int]] = defaultdict(list)
    for first, second in pairs:
        differences[first.table].append(int(second.correct) - int(first.correct))
    interval = clustered_bootstrap(differences, config.bootstrap, config.confidence, seed, name)
    effect = minimum_detectable_effect(n, only_baseline + only_candidate, 1 - config.confidence, POWER)
    return PairedGroup(
        group=name,
        n=n,
        tables=len(differences),
        both=both,
        only_baseline=only_baseline,
        only_candidate=only_candidate,
        neither=n - both - only_baseline - only_candidate,
        accuracy_baseline=(both + only_baseline) / n,
        accuracy_candidate=(both + only_candidate) / n,
        points=100 * (only_candidate - only_baseline) / n,
        points_low=100 * interval.low,
        points_high=100 * interval.high,
        p=mcnemar(only_baseline, only_candidate),
        p_holm=None,
        minimum_detectable_points=None if effect is None else 100 * effect,
    )


def write_comparison(config: ReportingConfig, seed: int, *, baseline: Path, candidate: Path, output: Path) -> None:
    """Compare the scores of two runs (`scores/{run}/test.jsonl`) and write the comparison."""
    write_record(output, compare(read_records(baseline, Score), read_records(candidate, Score), config, seed))
