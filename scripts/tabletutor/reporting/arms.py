"""Compare arms on the same questions and write `metrics/arms.json`. The runs of an arm differ only in their seed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import fsum
from pathlib import Path
from statistics import fmean, stdev
from typing import get_args

import msgspec

from tabletutor.config.reporting import ReportingConfig
from tabletutor.records.episode import Score
from tabletutor.records.question import Difficulty, Novelty
from tabletutor.records.record import Record, read_records, write_record
from tabletutor.reporting.statistics import crossed_bootstrap, holm, sign_flip
from tabletutor.reporting.summary import execution_rate

GROUPS: dict[str, tuple[str, ...]] = {
    "overall": ("all",),
    "difficulty": get_args(Difficulty),
    "novelty": get_args(Novelty),
}
COMPARED = ("overall", "difficulty")


class ArmGroup(Record, frozen=True):
    """An arm on one group of questions. Shares are of 1.

    `accuracies`: share of correct answers by run. `accuracy` and `mean_turns`: means over the runs. `execution_rate`:
    mean over the runs that wrote a cell, null if none did. `spread`: standard deviation of `accuracies`, null for one
    run.
    """

    group_by: str
    group: str
    n: int
    accuracies: dict[str, float]
    accuracy: float
    spread: float | None
    execution_rate: float | None
    mean_turns: float


class Arm(Record, frozen=True):
    """An arm and its figures overall, by difficulty and by novelty, for the groups that occur."""

    arm: str
    runs: tuple[str, ...]
    groups: tuple[ArmGroup, ...]


class ArmDifference(Record, frozen=True):
    """An arm compared with another arm on a group of questions. `points` and its interval are percentage points.

    `p_holm` is corrected over the compared arms; by difficulty, over arms and difficulties together.
    """

    arm: str
    against: str
    group_by: str
    group: str
    n: int
    tables: int
    points: float
    points_low: float
    points_high: float
    p: float
    p_holm: float


class Arms(Record, frozen=True):
    """The content of `arms.json`: all arms, and the comparison of each later arm, overall and by difficulty."""

    confidence: float
    bootstrap: int
    permutations: int
    arms: tuple[Arm, ...]
    differences: tuple[ArmDifference, ...]


Runs = Mapping[str, Mapping[str, Sequence[Score]]]  # scores of all samples, by run and question


def compare_arms(scores: Sequence[Score], config: ReportingConfig, seed: int) -> Arms:
    """Compare the configured arms by the scores of their runs.

    For one question, the difference of two arms is the difference between their shares of correct runs. The difference
    of the arms is the mean over all questions. Its interval resamples tables and, within each arm, runs
    (`crossed_bootstrap`), so it covers other tables and other seeds. Runs with the same seed are not paired: they are
    trained on different rows, so they share no measurable noise. The p-value swaps the arms within questions
    (`sign_flip`). It is conditional on these tables and these trained runs: it says whether these models differ on
    such questions, not whether models trained with other seeds would.

    Args:
        scores: The scores of all runs.
        config: Names the arms, what they are compared with, and the numbers of resamples.
        seed: Seed of the project.

    Returns:
        The figures of all arms and their comparisons.

    Raises:
        ValueError: If there are no arms, or if a run has no scores or was asked other questions than the first run.
    """
    if not config.arms:
        raise ValueError("no arms to compare; name them in reporting.arms")
    runs = _by_run(scores, [run for members in config.arms.values() for run in members])
    arms = {arm: sorted(members) for arm, members in config.arms.items()}
    asked = next(iter(runs.values()))
    groups = [
        (by, name, {question for question, rows in asked.items() if _is_member(rows[0], by, name)})
        for by, names in GROUPS.items()
        for name in names
    ]
    groups = [(by, name, sorted(questions)) for by, name, questions in groups if questions]
    first, *others = arms
    compared = {arm: config.compare_with.get(arm, first) for arm in others}
    differences: list[ArmDifference] = []
    for dimension in COMPARED:
        family = [
            _difference(runs, (other, arm), (arms[other], arms[arm]), group, config, seed)
            for arm, other in compared.items()
            for group in groups
            if group[0] == dimension
        ]
        corrected = holm([row.p for row in family])
        differences += [msgspec.structs.replace(row, p_holm=p) for row, p in zip(family, corrected, strict=True)]
    return Arms(
        confidence=config.confidence,
        bootstrap=config.bootstrap,
        permutations=config.permutations,
        arms=tuple(
            Arm(arm, tuple(members), tuple(_group(runs, members, *group) for group in groups))
            for arm, members in arms.items()
        ),
        differences=tuple(differences),
    )


def write_arms(scores: Sequence[Path], config: ReportingConfig, seed: int, out: Path) -> None:
    """Read the scores of all runs in arms (`scores/{run}/test.jsonl`) and write the comparison to `out`."""
    write_record(out, compare_arms([row for path in scores for row in read_records(path, Score)], config, seed))


def _by_run(scores: Sequence[Score], names: Sequence[str]) -> Runs:
    """Return the scores of each run by question. Raises ValueError if a run has no scores or other questions.

    The number of attempts per question may differ, for example between a sampling run and a run that picks one sample.
    """
    found: dict[str, defaultdict[str, list[Score]]] = {run: defaultdict(list) for run in names}
    for row in scores:
        if row.run in found:
            found[row.run][row.question_id].append(row)
    first = names[0]
    for run in names:
        asked, ours = set(found[run]), set(found[first])
        if not asked or asked != ours:
            raise ValueError(
                f"runs {first} and {run} cannot be compared: they were not asked the same questions "
                f"({len(ours - asked)} only the first, {len(asked - ours)} only the second, {len(ours & asked)} both)"
            )
    return found


def _is_member(row: Score, group_by: str, group: str) -> bool:
    return group_by == "overall" or getattr(row, group_by) == group


def _group(runs: Runs, members: Sequence[str], group_by: str, group: str, questions: Sequence[str]) -> ArmGroup:
    rows = {run: [row for question in questions for row in runs[run][question]] for run in members}
    rates = [rate for own in rows.values() if (rate := execution_rate(own)) is not None]
    accuracies = {run: fmean(_share_correct([runs[run][question]]) for question in questions) for run in members}
    return ArmGroup(
        group_by=group_by,
        group=group,
        n=len(questions),
        accuracies=accuracies,
        accuracy=fmean(accuracies.values()),
        spread=stdev(accuracies.values()) if len(members) > 1 else None,
        execution_rate=fmean(rates) if rates else None,
        mean_turns=fmean(fmean(row.turns for row in own) for own in rows.values()),
    )


def _difference(
    runs: Runs,
    names: tuple[str, str],
    members: tuple[Sequence[str], Sequence[str]],
    group: tuple[str, str, Sequence[str]],
    config: ReportingConfig,
    seed: int,
) -> ArmDifference:
    group_by, name, questions = group
    first, second = members
    differences = [
        _share_correct([runs[run][question] for run in second]) - _share_correct([runs[run][question] for run in first])
        for question in questions
    ]
    item = "\n".join(("arms", *names, name))
    ours, theirs = ([_outcomes(runs[run], questions) for run in side] for side in (second, first))
    interval = crossed_bootstrap(ours, theirs, config.bootstrap, config.confidence, seed, item)
    return ArmDifference(
        arm=names[1],
        against=names[0],
        group_by=group_by,
        group=name,
        n=len(questions),
        tables=len(ours[0]),
        points=100 * fsum(differences) / len(questions),
        points_low=100 * interval.low,
        points_high=100 * interval.high,
        p=sign_flip(differences, config.permutations, seed, item),
        p_holm=1.0,
    )


def _share_correct(attempts: Sequence[Sequence[Score]]) -> float:
    """Return the share of correct attempts at one question: the mean over runs of each run's share over its samples."""
    return fmean(fmean(row.correct for row in samples) for samples in attempts)


def _outcomes(run: Mapping[str, Sequence[Score]], questions: Sequence[str]) -> dict[str, list[float]]:
    """Return a run's share of correct samples for each question, by table."""
    outcomes: defaultdict[str, list[float]] = defaultdict(list)
    for question in questions:
        outcomes[run[question][0].table].append(_share_correct([run[question]]))
    return dict(outcomes)
