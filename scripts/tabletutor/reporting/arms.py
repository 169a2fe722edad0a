"""Arms compared on the same questions, an arm being runs that differ in their seed alone: `metrics/arms.json`."""

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

    `accuracies` has the share of questions each run answers right; `accuracy`, `execution_rate` and `mean_turns` are
    means over the runs, `execution_rate` over those that wrote a cell (null where none did). `spread` is the standard
    deviation of `accuracies` over the runs, null where there is one run.
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
    """An arm and its figures: overall, by difficulty and by novelty, for the groups that occur."""

    arm: str
    runs: tuple[str, ...]
    groups: tuple[ArmGroup, ...]


class ArmDifference(Record, frozen=True):
    """An arm against another one on a group of questions. `points` and its interval are percentage points.

    `p_holm` is corrected over the arms compared; by difficulty over arms and difficulties together.
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
    """All arms; each later one compared with the first, or with what it is set against: overall, then by difficulty."""

    confidence: float
    bootstrap: int
    permutations: int
    arms: tuple[Arm, ...]
    differences: tuple[ArmDifference, ...]


Runs = Mapping[str, Mapping[str, Sequence[Score]]]  # by run and question, the scores of its samples


def compare_arms(scores: Sequence[Score], config: ReportingConfig, seed: int) -> Arms:
    """Compare the arms of the configuration by their runs' scores.

    For each question, the difference of two arms is that of the shares of their runs that answer it right; the
    difference of the arms is its mean. Its interval resamples tables and, within each arm, runs (`crossed_bootstrap`):
    it is about other tables and other seeds. Runs of the same seed are not paired: trained on other rows, they have no
    noise in common that could be told. Its p is by exchanging the arms within questions (`sign_flip`), and so given
    these tables and these trained runs: it says whether these models differ on such questions, not whether another
    seed would show it.

    Raises:
        ValueError: If there are no arms, or a run in them has no scores or was not asked the same as the others.
    """
    if not config.arms:
        raise ValueError("there are no arms to compare; name them in reporting.arms")
    runs = _by_run(scores, [run for members in config.arms.values() for run in members])
    arms = {arm: sorted(members) for arm, members in config.arms.items()}
    asked = next(iter(runs.values()))
    groups = [
        (by, name, {question for question, rows in asked.items() if _belongs(rows[0], by, name)})
        for by, names in GROUPS.items()
        for name in names
    ]
    groups = [(by, name, sorted(questions)) for by, name, questions in groups if questions]
    first, *others = arms
    compared = {arm: config.against.get(arm, first) for arm in others}
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
    """Read the scores of all runs that are in arms (`scores/{run}/test.jsonl`) and write the comparison."""
    write_record(out, compare_arms([row for path in scores for row in read_records(path, Score)], config, seed))


def _by_run(scores: Sequence[Score], names: Sequence[str]) -> Runs:
    """The scores of each run by question. Raises ValueError where runs were not asked the same, or one not at all.

    How often each was asked may differ: a run that draws several attempts is compared with one that chooses among them.
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
                f"runs {first} and {run} cannot be compared, they were not asked the same: {len(ours - asked)} "
                f"questions only the first, {len(asked - ours)} only the second, {len(ours & asked)} both"
            )
    return found


def _belongs(row: Score, group_by: str, group: str) -> bool:
    return group_by == "overall" or getattr(row, group_by) == group


def _group(runs: Runs, members: Sequence[str], group_by: str, group: str, questions: Sequence[str]) -> ArmGroup:
    rows = {run: [row for question in questions for row in runs[run][question]] for run in members}
    rates = [rate for own in rows.values() if (rate := execution_rate(own)) is not None]
    accuracies = {run: fmean(_share([runs[run][question]]) for question in questions) for run in members}
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
        _share([runs[run][question] for run in second]) - _share([runs[run][question] for run in first])
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


def _share(attempts: Sequence[Sequence[Score]]) -> float:
    """The share of attempts at one question that are right: the mean over runs of the share of a run's samples."""
    return fmean(fmean(row.correct for row in samples) for samples in attempts)


def _outcomes(run: Mapping[str, Sequence[Score]], questions: Sequence[str]) -> dict[str, list[float]]:
    """A run's share of right samples for each question, by table."""
    outcomes: defaultdict[str, list[float]] = defaultdict(list)
    for question in questions:
        outcomes[run[question][0].table].append(_share([run[question]]))
    return dict(outcomes)
