"""Read the votes of independent traces from the episodes and verdicts of a results folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tabletutor.records.episode import Episode, Verdict
from tabletutor.records.question import Question
from tabletutor.records.record import each_record, read_records
from tabletutor.verdicts.triangulation import StoredVote, stored_vote

FOLDERS = ("mixed", "program")  # of questions of several sources, and of programs alone; the first one there is read


class QuestionVote(NamedTuple):
    """The vote on a question, with its source and difficulty, and whether its verdict is that it is verified."""

    vote: StoredVote
    source: str
    difficulty: str
    verified: bool


def read_votes(results: Path) -> list[QuestionVote]:
    """Return the vote on each question of a results folder, also of questions without independent traces.

    Raises ValueError if the folder has no verdicts, or if a verdict has no episode or question.
    """
    folder = next((name for name in FOLDERS if any((results / "verdicts" / name).glob("*.jsonl"))), None)
    if folder is None:
        raise ValueError(
            f"{results}: no verdicts; name a results folder, and build them with: snakemake --profile local "
            "all_verdicts"
        )
    return [
        vote for path in sorted((results / "verdicts" / folder).glob("*.jsonl")) for vote in _of_table(results, path)
    ]


def _of_table(results: Path, verdicts: Path) -> Iterator[QuestionVote]:
    """Yield the votes on the questions of one table. Only one episode at a time is in memory."""
    table = Path(verdicts.parent.name, verdicts.name)
    questions = {each.question_id: each for each in read_records(results / "questions" / table, Question)}
    judged = {each.question_id: each for each in read_records(verdicts, Verdict)}
    for episode in each_record(results / "episodes" / table, Episode):
        question, verdict = questions.get(episode.question_id), judged.get(episode.question_id)
        if question is None or verdict is None:
            raise ValueError(
                f"{verdicts}: question {episode.question_id} of the episodes has no verdict or is no longer asked; "
                "build the verdicts again: snakemake --profile local all_verdicts"
            )
        yield QuestionVote(stored_vote(episode, verdict), question.source, question.difficulty, verdict.verified)
