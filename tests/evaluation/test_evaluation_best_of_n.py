"""Best of n: the attempt that a judge rates best, and the answer that most attempts agree on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.config.models import ScratchModelConfig
from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.evaluation.best_of_n import JudgeFiles, choose_by_judge, choose_by_vote, majority_attempt
from tabletutor.formats.converters import orm_pairs, prm
from tabletutor.models.reward_model import Kind
from tabletutor.models.scratch import make_scratch
from tabletutor.records.episode import Ended, Prediction, Trace, Turn
from tabletutor.records.record import encode, read_records, write_record, write_records
from tabletutor.training.registry import load_method
from tabletutor.training.run import TrainingFiles, TrainingRun
from tabletutor.training.tracking import Trackers
from tests.support.cases import PROFILE, above, question, turns

CONFIG = VerdictsConfig()
SIZES = ScratchModelConfig(source="scratch", vocabulary=512, hidden=32, layers=2, heads=2, positions=1024)
JUDGES = {"outcome": ("reward", orm_pairs), "process": ("prm", prm)}


def attempt(
    sample: int, answer: Any, ended: Ended = "submit", name: str = "q", its_turns: tuple[Turn, ...] = ()
) -> Prediction:
    return Prediction(
        name, "t", "drawn", sample, Trace(f"{name}{sample}", "student", "drawn", its_turns, ended, answer), 9
    )


def attempt_above(limit: int, sample: int, sign: str, ended: Ended = "submit") -> Prediction:
    """An attempt at `above(limit)`, which is right with the sign `>`."""
    cells = turns(f"rows = df[df['wind'] {sign} {limit}]", "submit(rows['wind'].mean())")
    return attempt(sample, 1.5, ended, f"q{limit}", cells)


def vote(answers: Sequence[Any]) -> Prediction:
    """The majority attempt among attempts with these answers; None was not submitted."""
    attempts = [
        attempt(sample, answer, "submit" if answer is not None else "turn_limit")
        for sample, answer in enumerate(answers)
    ]
    return majority_attempt(question("q", "What is the mean wind?"), attempts, CONFIG)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([3.0, 7, "7", 7.000000001], 1),  # equal in grading: 7, as text, within the tolerance
        ([7, 3, 3, 7], 0),  # a tie goes to the first
        ([None, 5, None, None], 1),  # attempts that were not submitted do not vote
        ([None, None], 0),
        (["n/a", True, "n/a", 7], 3),  # answers that are no number do not count
        (["n/a", 3, 7, 7], 2),
        (["n/a", True], 0),
    ],
)
def test_the_first_attempt_of_the_largest_agreement_is_taken(answers: list[Any], expected: int) -> None:
    assert vote(answers).sample == expected


@given(st.lists(st.integers(0, 3) | st.none(), min_size=1, max_size=12))
def test_nothing_that_fewer_agree_on_is_taken(answers: list[int | None]) -> None:
    chosen = vote(answers)
    submitted = [answer for answer in answers if answer is not None]
    if submitted:
        most = max(submitted.count(answer) for answer in submitted)
        assert submitted.count(chosen.trace.answer) == most
        assert all(submitted.count(earlier) < most for earlier in answers[: chosen.sample] if earlier is not None)


def test_each_question_has_one_prediction_of_the_run(tmp_path: Path) -> None:
    samples = [attempt(sample, answer, name=name) for name in ("b", "a") for sample, answer in ((2, 5), (0, 4), (1, 5))]
    write_records(tmp_path / "drawn.jsonl", samples)
    questions = [question(name, "What is the mean wind?") for name in ("a", "b")]
    write_records(tmp_path / "questions.jsonl", questions)
    files = {"attempts": tmp_path / "drawn.jsonl", "questions": [tmp_path / "questions.jsonl"]}
    assert choose_by_vote("voted", CONFIG, **files, output=tmp_path / "voted.jsonl") == 2
    chosen = read_records(tmp_path / "voted.jsonl", Prediction)
    assert chosen == [msgspec.structs.replace(attempt(1, 5, name=name), run="voted", sample=0) for name in ("a", "b")]


def test_an_attempt_at_no_question_is_named(tmp_path: Path) -> None:
    write_records(tmp_path / "drawn.jsonl", [attempt(0, 4, name="gone")])
    with pytest.raises(ValueError, match=r"drawn\.jsonl: question gone of table t is in no question file"):
        choose_by_vote(
            "voted", CONFIG, attempts=tmp_path / "drawn.jsonl", questions=[], output=tmp_path / "voted.jsonl"
        )


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["outcome", "process"])
def test_a_judge_finds_the_right_attempt(kind: Kind, tmp_path: Path) -> None:
    """A judge trained on sixty questions tells right from wrong on others, and never takes an unsubmitted attempt."""
    method, converter = JUDGES[kind]
    for split, limits in (("train", range(60)), ("validation", range(60, 64))):
        rows = [row for limit in limits for row in converter.rows(above(limit), converter.FORMAT.config(), 0)]
        (tmp_path / f"{split}.jsonl").write_bytes(b"".join(encode(row) + b"\n" for row in rows))
    (tmp_path / "model").mkdir()
    make_scratch(SIZES, [(tmp_path / "train.jsonl").read_text()], 0, tmp_path / "model")
    rows = (tmp_path / "train.jsonl", tmp_path / "validation.jsonl")
    files = TrainingFiles(tmp_path / "model", None, *rows, tmp_path / "judge", tmp_path / "cache")
    config = load_method(method).CONFIG.model_validate(
        {"method": method, "max_length": 512, "epochs": 50, "max_steps": 80, "learning_rate": 3e-3, "threads": 1,
         "lora": None, "dtype": "float32", "eval_steps": 80, "save_steps": 1000}
    )  # fmt: skip
    load_method(method).train(TrainingRun("judge", 0, "code", files, Trackers([])), config)
    limits = range(64, 76)
    attempts = [
        each
        for limit in limits
        for each in (
            attempt_above(limit, 0, "<"),
            attempt_above(limit, 1, ">", "turn_limit"),
            attempt_above(limit, 2, ">"),
            attempt_above(limit, 3, "<"),
        )
    ]
    write_records(tmp_path / "attempts.jsonl", attempts)
    questions = [question(f"q{limit}", f"What is the mean wind above {limit}?") for limit in limits]
    write_records(tmp_path / "questions.jsonl", questions)
    write_record(tmp_path / "profile.json", PROFILE)
    count = choose_by_judge(
        "best",
        JudgeFiles(tmp_path / "model", tmp_path / "judge", kind),
        attempts=tmp_path / "attempts.jsonl",
        questions=[tmp_path / "questions.jsonl"],
        profiles={"t": tmp_path / "profile.json"},
        output=tmp_path / "best.jsonl",
    )
    assert count == len(limits)
    chosen = read_records(tmp_path / "best.jsonl", Prediction)
    assert [each.question_id for each in chosen] == sorted(f"q{limit}" for limit in limits)
    assert {(each.run, each.sample) for each in chosen} == {("best", 0)}
    right = sum(" > " in each.trace.turns[1].code for each in chosen)
    assert right >= 11, "by chance it would be four"
    assert all(each.trace.ended == "submit" for each in chosen)
