"""One of several attempts at each question, taken as a run's answer; nothing is answered anew (best of n)."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from tabletutor.evaluation.questions_by_id import QuestionsById
from tabletutor.records.episode import Prediction
from tabletutor.records.question import Question
from tabletutor.records.record import read_records, write_records
from tabletutor.telemetry.progress import progress_of

Take = Callable[[Question, Sequence[Prediction]], Prediction]


def choose(run: str, attempts: Path, questions: Sequence[Path], take: Take, output: Path) -> int:
    """Write what `take` takes of the attempts at each question as the run `run`'s prediction, sorted by question;
    returns how many. Attempts are given in the order of their samples.

    Raises ValueError for an attempt whose question is in no file.
    """
    by_id = QuestionsById(questions)
    found: defaultdict[str, list[Prediction]] = defaultdict(list)
    for attempt in sorted(read_records(attempts, Prediction), key=lambda each: (each.question_id, each.sample)):
        found[attempt.question_id].append(attempt)
    taken: list[Prediction] = []
    with progress_of(f"choice {run}", len(found)) as shown:
        for several in found.values():
            taken.append(replace(take(by_id.of(several[0], attempts), several), run=run, sample=0))
            shown.advance()
    return write_records(output, taken)


def submitted(attempt: Prediction) -> bool:
    """Whether an attempt submitted an answer. Submitted attempts always rank above the others."""
    return attempt.trace.ended == "submit"
