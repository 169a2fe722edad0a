"""The questions that predictions answer."""

from collections.abc import Sequence
from pathlib import Path

from tabletutor.records.episode import Prediction
from tabletutor.records.question import Question
from tabletutor.records.record import read_records


class QuestionsById:
    """Questions of several files, by id."""

    def __init__(self, questions: Sequence[Path]) -> None:
        self._found = {each.question_id: each for path in questions for each in read_records(path, Question)}

    def of(self, prediction: Prediction, path: Path) -> Question:
        """The question that a prediction of the file `path` answers. Raises ValueError where it is in no file."""
        found = self._found.get(prediction.question_id)
        if found is None:
            raise ValueError(
                f"{path}: question {prediction.question_id} of table {prediction.table} is in no question file; "
                "make the predictions again"
            )
        return found
