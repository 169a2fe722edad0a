"""Answers for which a question is rejected, with the reason, and answers that are worth a question."""

from typing import Any

import pytest

from tabletutor.programs import grammar as g
from tabletutor.questions.validate import find_flaw, row_counting_cell
from tabletutor.records.question import AnswerSpec, AnswerType, Question

SOUTH = g.Where("region", "==", "South")
MEAN = g.Aggregate("fare", "mean")
BY = g.Group("region", "mean", "fare")
ROWS = 50


def question(program: g.Program, kind: AnswerType, decimals: int | None = None, tags: tuple[str, ...] = ()) -> Question:
    return Question(
        question_id="",
        table="t",
        source="program",
        text="Which region is it, the South or another?",
        answer_type=kind,
        answer_spec=AnswerSpec(decimals=decimals),
        answer=None,
        family="mine",
        category="group",
        composition="mine:|",
        wording="mine/0",
        novelty="trained",
        difficulty="easy",
        hint="",
        program=g.to_json(program),
        tags=tags,
    )


def rounded(decimals: int) -> Question:
    return question(g.Program((MEAN, g.Round(decimals))), "number", decimals)


FLAWS: list[tuple[Question, Any, str]] = [
    (question(g.Program((MEAN,)), "number"), None, "no_answer"),
    (rounded(1), 0.4, "trivial"),
    (rounded(2), 12.5, "trivial"),
    (question(g.Program((SOUTH, g.Count())), "integer"), 0, "trivial"),
    (question(g.Program((SOUTH, g.Count())), "integer"), ROWS, "trivial"),
    (question(g.Program((BY, g.Keep(">", 2), g.GroupCount())), "integer"), 1, "trivial"),
    (question(g.Program((g.Share("fare", ">", 2), g.Round(1))), "percentage", 1), 100.0, "trivial"),
    (question(g.Program((g.Share("fare", ">", 2),)), "percentage"), 0.6, "trivial"),
    (question(g.Program((BY, g.GroupMapping())), "mapping"), {"South": 2}, "trivial"),
    (question(g.Program((BY, g.GroupMapping())), "mapping"), {str(n): n for n in range(13)}, "trivial"),
    (question(g.Program((BY, g.GroupNames())), "set"), ["South"], "trivial"),
    (question(g.Program((BY, g.BestGroup("largest"))), "category"), "south", "guessable"),
]
SOUND: list[tuple[Question, Any]] = [
    (rounded(1), 12.3),
    (question(g.Program((SOUTH, g.Count())), "integer"), 7),
    (question(g.Program((BY, g.GroupMapping())), "mapping"), {"South": 2, "North": 3}),
    (question(g.Program((BY, g.BestGroup("largest"))), "category"), "North"),
    (question(g.Program((BY, g.BestGroup("largest"))), "category", tags=("binary_choice",)), "South"),
    (question(g.Program((), parts=(g.Part("n", (g.Count(),)),)), "record"), {"n": 50}),
]


@pytest.mark.parametrize(("asked", "answer", "reason"), FLAWS)
def test_an_answer_that_is_not_worth_a_question_has_a_reason(asked: Question, answer: Any, reason: str) -> None:
    assert find_flaw(asked, answer, ROWS) == reason


@pytest.mark.parametrize(("asked", "answer"), SOUND)
def test_an_answer_that_is_worth_a_question_has_no_flaw(asked: Question, answer: Any) -> None:
    assert find_flaw(asked, answer, ROWS) is None


def test_the_cell_reports_the_rows_after_each_filter() -> None:
    cell = row_counting_cell(g.Program((SOUTH, g.Where("fare", ">", 2), MEAN)))
    assert cell.count("hook(") == 2
    assert cell.endswith("submit(answer)")
