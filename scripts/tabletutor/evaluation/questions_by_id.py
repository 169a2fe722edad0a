"""Looks up the question of a prediction."""

from collections.abc import Sequence
from pathlib import Path

from tabletutor.records.episode import Prediction
from tabletutor.records.question import Question
from tabletutor.records.record import read_records


class QuestionsById:
    """The questions of several files, by id."""

    def __init__(self, questions: Sequence[Path]) -> None:
        self._questions = {each.question_id: each for path in questions for each in read_records(path, Question)}

    def find(self, prediction: Prediction, path: Path) -> Question:
        """Return the question of a prediction from the file `path`. Raises ValueError if no file has the question."""
        question = self._questions.get(prediction.question_id)
        if question is None:
            raise ValueError(
                f"{path}: question {prediction.question_id} of table {prediction.table} is in no question file; "
                "make the predictions again"
            )
        return question
