"""Summarise the metrics of each run by group and write `metrics/summary.csv`."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tabletutor.records.episode import Prediction, Score
from tabletutor.records.files import write_atomic
from tabletutor.records.record import read_records
from tabletutor.reporting.statistics import wilson

GROUPINGS = ("overall", "novelty", "family", "category", "difficulty", "table", "answer_type")


class SummaryRow(NamedTuple):
    """One row of the summary. Shares are of 1.

    `execution_rate`: share of cells that ran without an error; None, an empty field of the CSV, if no turn has code.
    `n`: attempts. A sampling run has several attempts per question. The interval is based on the number of questions,
    because attempts at one question are not independent.
    """

    run: str
    split: str
    group_by: str
    group: str
    n: int
    correct: int
    accuracy: float
    wilson_low: float
    wilson_high: float
    answered: int
    execution_rate: float | None
    mean_turns: float
    mean_tokens: float


def summarise(
    run: str, split: str, scores: Sequence[Score], predictions: Sequence[Prediction], confidence: float
) -> list[SummaryRow]:
    """Return the rows of one run, by grouping and group.

    Raises ValueError unless scores and predictions cover the same questions and samples. A missing answer must be
    scored as wrong, not left out.
    """
    submitted = {(row.question_id, row.sample): row.trace.ended == "submit" for row in predictions}
    if submitted.keys() != {(row.question_id, row.sample) for row in scores} or len(scores) != len(predictions):
        raise ValueError(
            f"run {run}: {len(scores)} scores and {len(predictions)} predictions do not cover the same questions"
        )
    rows: list[SummaryRow] = []
    for grouping in GROUPINGS:
        groups: defaultdict[str, list[Score]] = defaultdict(list)
        for score in scores:
            groups["all" if grouping == "overall" else getattr(score, grouping)].append(score)
        for group, members in sorted(groups.items()):
            answered = sum(submitted[score.question_id, score.sample] for score in members)
            rows.append(_row((run, split, grouping, group), members, answered, confidence))
    return rows


def _row(key: tuple[str, str, str, str], scores: Sequence[Score], answered: int, confidence: float) -> SummaryRow:
    n, correct = len(scores), sum(score.correct for score in scores)
    questions = len({score.question_id for score in scores})
    low, high = wilson(correct * questions / n, questions, confidence)
    return SummaryRow(
        *key,
        n=n,
        correct=correct,
        accuracy=correct / n,
        wilson_low=low,
        wilson_high=high,
        answered=answered,
        execution_rate=execution_rate(scores),
        mean_turns=sum(score.turns for score in scores) / n,
        mean_tokens=sum(score.tokens for score in scores) / n,
    )


def execution_rate(scores: Sequence[Score]) -> float | None:
    """Return the share of cells, of 1, that ran without an error; None without cells. A cell is a turn with code."""
    cells = sum(score.cells for score in scores)
    return (cells - sum(score.cells_failed for score in scores)) / cells if cells else None


def as_csv(rows: Iterable[SummaryRow]) -> str:
    """Return the rows as CSV, with commas, LF line endings and six decimals."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(SummaryRow._fields)
    writer.writerows([f"{value:.6f}" if isinstance(value, float) else value for value in row] for row in rows)
    return text.getvalue()


class RunFiles(NamedTuple):
    """The files of one run's evaluation."""

    scores: Path
    predictions: Path


def write_summary(runs: Mapping[str, RunFiles], split: str, confidence: float, output: Path) -> None:
    """Write the summary of all runs, sorted by the name of the run."""
    rows: list[SummaryRow] = []
    for run, files in sorted(runs.items()):
        scores, predictions = read_records(files.scores, Score), read_records(files.predictions, Prediction)
        rows += summarise(run, split, scores, predictions, confidence)
    write_atomic(output, as_csv(rows).encode())
