"""Ledgers: one line for each different set of answers and questions, kept for ever."""

from pathlib import Path

import pytest

from tabletutor.evaluation.ledger import enter_look
from tabletutor.records.episode import Prediction, Trace
from tabletutor.records.look import Look
from tabletutor.records.record import read_records, write_records
from tests.support.cases import question


def look(folder: Path, answer: int, text: str = "How windy is it?", name: str = "q") -> int:
    """Grade one answer to one question, and return the number of looks since the first."""
    write_records(folder / "questions.jsonl", [question("q", text)])
    trace = Trace("x", "student", "base", (), "submit", answer)
    write_records(folder / "predictions.jsonl", [Prediction(name, "t", "base", 0, trace, 9)])
    return enter_look(
        "base",
        predictions=folder / "predictions.jsonl",
        questions=[folder / "questions.jsonl"],
        ledger=folder / "ledger" / "base.jsonl",
    )


def test_new_answers_or_questions_are_a_new_look_and_the_same_ones_are_not(tmp_path: Path) -> None:
    assert [look(tmp_path, 1), look(tmp_path, 1)] == [1, 1]
    assert [look(tmp_path, 2), look(tmp_path, 1)] == [2, 2]
    assert look(tmp_path, 1, "How strong is the wind?") == 3
    looks = read_records(tmp_path / "ledger" / "base.jsonl", Look)
    assert {(each.run, each.tables) for each in looks} == {("base", ("t",))}
    assert len({each.answers for each in looks}) == len({each.questions for each in looks}) == 2


def test_an_answer_to_no_question_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"predictions\.jsonl: question gone of table t is in no question file"):
        look(tmp_path, 1, name="gone")
    assert not (tmp_path / "ledger").exists()
