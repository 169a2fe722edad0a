"""The ledger of a run on a split: which of its answers were graded on which questions.

Each time that a run is graded on test tables, something is learnt about them, and choices may follow. So the ledger
has one line for each different set of answers and questions, and never loses one. It has no times, and grading the same
answers again adds nothing: a project that was built once has the same ledger everywhere.
"""

from collections.abc import Sequence
from pathlib import Path

from tabletutor.evaluation.questions_by_id import QuestionsById
from tabletutor.records.episode import Prediction
from tabletutor.records.files import sha256_file
from tabletutor.records.identity import digest
from tabletutor.records.look import Look
from tabletutor.records.record import read_records, write_records


def enter_look(run: str, *, predictions: Path, questions: Sequence[Path], ledger: Path) -> int:
    """Append the look of `run` at the questions it answered to its ledger, unless the ledger has it; return the number
    of looks.

    Only one job may write a ledger at a time. Raises ValueError if the question of a prediction is in no file, or if
    the ledger cannot be read.
    """
    by_id = QuestionsById(questions)
    asked = {each.question_id: by_id.find(each, predictions) for each in read_records(predictions, Prediction)}
    look = Look(
        run=run,
        answers=sha256_file(predictions),
        questions=digest([(name, question.text, question.answer) for name, question in sorted(asked.items())]),
        tables=tuple(sorted({question.table for question in asked.values()})),
    )
    earlier = read_records(ledger, Look) if ledger.is_file() else []
    return write_records(ledger, earlier if look in earlier else [*earlier, look])
