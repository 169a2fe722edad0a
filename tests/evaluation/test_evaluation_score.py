"""Grades and kinds of errors."""

from typing import Any

import pytest

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.evaluation.score import score
from tabletutor.records.episode import Ended, Prediction, Trace, Turn
from tabletutor.records.question import AnswerSpec, AnswerType, Question

CODE = Turn(index=0, reasoning="", code="x", stdout="")
FAILED = Turn(index=0, reasoning="", code="x", stdout="", error="NameError: x")
SILENT = Turn(index=0, reasoning="hm", code="", stdout="")


def graded(
    ended: Ended, answer: Any, turns: tuple[Turn, ...] = (CODE,), kind: AnswerType = "number", gold: Any = 2.5
) -> Any:
    question = Question(
        question_id="q", table="t", source="program", text="?", answer_type=kind, answer_spec=AnswerSpec(), answer=gold,
        family="mean", category="aggregate", wording="w", novelty="new_composition", difficulty="hard",
    )  # fmt: skip
    trace = Trace(trace_id="x", role="student", teacher="run", turns=turns, ended=ended, answer=answer)
    return score(Prediction("q", "t", "run", 0, trace, 17), question, VerdictsConfig())


@pytest.mark.parametrize(
    ("ended", "answer", "turns", "error"),
    [
        ("submit", 2.5, (CODE,), None),
        ("submit", 2.6, (CODE,), "wrong_answer"),
        ("submit", True, (CODE,), "wrong_type"),
        ("submit", [2.5], (CODE,), "wrong_type"),
        ("submit", None, (CODE,), "wrong_type"),
        ("turn_limit", 2.5, (CODE,), "unanswered"),
        ("turn_limit", None, (CODE, FAILED), "cell_error"),
        ("turn_limit", None, (FAILED, CODE), "unanswered"),
        ("turn_limit", None, (SILENT, SILENT), "no_code"),
        ("turn_limit", None, (), "no_code"),
        ("time", None, (FAILED,), "time"),
        ("memory", None, (FAILED,), "memory"),
        ("crash", None, (FAILED,), "crash"),
    ],
)
def test_what_went_wrong(ended: Ended, answer: Any, turns: tuple[Turn, ...], error: str | None) -> None:
    result = graded(ended, answer, turns)
    assert result.error_kind == error
    assert result.correct == (error is None)


def test_a_score_carries_what_reports_group_by() -> None:
    result = graded("turn_limit", None, (FAILED, CODE, FAILED))
    assert (result.turns, result.cells, result.cells_failed, result.tokens) == (3, 3, 2, 17)
    assert (result.family, result.category, result.difficulty, result.novelty) == (
        "mean",
        "aggregate",
        "hard",
        "new_composition",
    )


def test_the_type_a_question_declares_decides() -> None:
    assert graded("submit", ["b", "a"], kind="set", gold=["a", "b"]).correct
    assert graded("submit", ["b", "a"], kind="list", gold=["a", "b"]).error_kind == "wrong_answer"
    assert graded("submit", "a", kind="list", gold=["a", "b"]).error_kind == "wrong_type"
    assert graded("submit", {"b": 2, "a": 1.0}, kind="record", gold={"a": 1, "b": 2}).correct
    assert graded("submit", {"a": {"x": 2}}, kind="table", gold={"a": {"x": 1}}).error_kind == "wrong_answer"
    for kind in ("record", "table"):
        assert graded("submit", [1, 2], kind=kind, gold={"a": {"b": 2}}).error_kind == "wrong_type"
