"""The answer most attempts agree on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.evaluation.majority_vote import agreed, choose_agreed
from tabletutor.records.episode import Ended, Prediction, Trace
from tabletutor.records.record import read_records, write_records
from tests.support.cases import question

CONFIG = VerdictsConfig()


def attempt(sample: int, answer: Any, ended: Ended = "submit", name: str = "q") -> Prediction:
    return Prediction(name, "t", "drawn", sample, Trace(f"{name}{sample}", "student", "drawn", (), ended, answer), 9)


def voted(answers: Sequence[Any]) -> Prediction:
    """What is taken of attempts with these answers, of which None was not submitted."""
    attempts = [
        attempt(sample, answer, "submit" if answer is not None else "turn_limit")
        for sample, answer in enumerate(answers)
    ]
    return agreed(question("q", "What is the mean wind?"), attempts, CONFIG)


@pytest.mark.parametrize(
    ("answers", "taken"),
    [
        ([3.0, 7, "7", 7.000000001], 1),  # equal as they are graded: 7, as text, within the tolerance
        ([7, 3, 3, 7], 0),  # of equally many the earliest
        ([None, 5, None, None], 1),  # what was not submitted is no vote
        ([None, None], 0),
        (["n/a", True, "n/a", 7], 3),  # what no number can be is no vote for one
        (["n/a", 3, 7, 7], 2),
        (["n/a", True], 0),
    ],
)
def test_the_first_attempt_of_the_largest_agreement_is_taken(answers: list[Any], taken: int) -> None:
    assert voted(answers).sample == taken


@given(st.lists(st.integers(0, 3) | st.none(), min_size=1, max_size=12))
def test_nothing_that_fewer_agree_on_is_taken(answers: list[int | None]) -> None:
    taken = voted(answers)
    given_answers = [answer for answer in answers if answer is not None]
    if given_answers:
        most = max(given_answers.count(answer) for answer in given_answers)
        assert given_answers.count(taken.trace.answer) == most
        assert all(given_answers.count(earlier) < most for earlier in answers[: taken.sample] if earlier is not None)


def test_each_question_has_one_prediction_of_the_run(tmp_path: Path) -> None:
    drawn = [attempt(sample, answer, name=name) for name in ("b", "a") for sample, answer in ((2, 5), (0, 4), (1, 5))]
    write_records(tmp_path / "drawn.jsonl", drawn)
    asked = [question(name, "What is the mean wind?") for name in ("a", "b")]
    write_records(tmp_path / "questions.jsonl", asked)
    given_files = (tmp_path / "drawn.jsonl", [tmp_path / "questions.jsonl"])
    assert choose_agreed("voted", *given_files, CONFIG, tmp_path / "voted.jsonl") == 2
    taken = read_records(tmp_path / "voted.jsonl", Prediction)
    assert taken == [msgspec.structs.replace(attempt(1, 5, name=name), run="voted", sample=0) for name in ("a", "b")]


def test_an_attempt_at_no_question_is_named(tmp_path: Path) -> None:
    write_records(tmp_path / "drawn.jsonl", [attempt(0, 4, name="gone")])
    with pytest.raises(ValueError, match=r"drawn\.jsonl: question gone of table t is in no question file"):
        choose_agreed("voted", tmp_path / "drawn.jsonl", [], CONFIG, tmp_path / "voted.jsonl")
