"""Grades predictions: one `Score` each, with the kind of error if the answer is not correct."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.evaluation.questions_by_id import QuestionsById
from tabletutor.matching.match import match
from tabletutor.records.episode import Prediction, Score
from tabletutor.records.question import AnswerType, Question
from tabletutor.records.record import read_records, write_records

ErrorKind = Literal["unanswered", "wrong_answer", "wrong_type", "cell_error", "time", "memory", "crash", "no_code"]

_JSON_TYPES: dict[AnswerType, tuple[type, ...]] = {
    "integer": (int, float, str),
    "number": (int, float, str),
    "percentage": (int, float, str),
    "category": (str, int, float, bool),
    "boolean": (bool, str),
    "date": (str,),
    "list": (list,),
    "set": (list,),
    "mapping": (dict,),
    "record": (dict,),
    "table": (dict,),
}


def score(prediction: Prediction, question: Question, config: VerdictsConfig) -> Score:
    """Grade one attempt; an attempt without an answer is wrong. Raises ValueError if it is about another question."""
    if prediction.question_id != question.question_id:
        raise ValueError(f"prediction {prediction.question_id} is not about question {question.question_id}")
    trace = prediction.trace
    answered = trace.ended == "submit"
    correct = answered and match(question.answer, trace.answer, question.answer_type, question.answer_spec, config)
    return Score(
        question_id=question.question_id,
        table=question.table,
        run=prediction.run,
        sample=prediction.sample,
        correct=correct,
        answer_type=question.answer_type,
        family=question.family,
        category=question.category,
        difficulty=question.difficulty,
        novelty=question.novelty,
        turns=len(trace.turns),
        cells=sum(bool(turn.code) for turn in trace.turns),
        cells_failed=sum(turn.error is not None for turn in trace.turns),
        tokens=prediction.tokens,
        error_kind=None if correct else error_kind(prediction, question.answer_type),
    )


def error_kind(prediction: Prediction, answer_type: AnswerType) -> ErrorKind:
    """Return the most specific error of an attempt that is not correct.

    `wrong_type`: submitted a value that the type of the answer rules out. `time`, `memory`, `crash`: a cell ended the
    session. `no_code`: no turn had code. `cell_error`: not submitted, and the last cell failed. `unanswered`: not
    submitted, without any of these.
    """
    trace = prediction.trace
    if trace.ended == "submit":
        fits = isinstance(trace.answer, _JSON_TYPES[answer_type]) and not _stray_bool(trace.answer, answer_type)
        return "wrong_answer" if fits else "wrong_type"
    if trace.ended in ("time", "memory", "crash"):
        return trace.ended
    if not any(turn.code for turn in trace.turns):
        return "no_code"
    return "cell_error" if trace.turns[-1].error is not None else "unanswered"


def score_file(config: VerdictsConfig, *, predictions: Path, questions: Sequence[Path], output: Path) -> int:
    """Grade a file of predictions and write the scores; return their number.

    Raises ValueError if the question of a prediction is in no file.
    """
    by_id = QuestionsById(questions)
    return write_records(
        output,
        [score(each, by_id.find(each, predictions), config) for each in read_records(predictions, Prediction)],
    )


def _stray_bool(answer: Any, answer_type: AnswerType) -> bool:
    return isinstance(answer, bool) and answer_type not in ("boolean", "category")
