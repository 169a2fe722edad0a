"""The best of several attempts, as a judge has it."""

from pathlib import Path

import pytest

from tabletutor.config.models import ScratchModelConfig
from tabletutor.evaluation.rerank import choose_best
from tabletutor.formats.converters import orm_pairs, prm
from tabletutor.models.reward_model import Kind
from tabletutor.models.scratch import make_scratch
from tabletutor.records.episode import Prediction, Trace
from tabletutor.records.record import encode, read_records, write_record, write_records
from tabletutor.training.registry import load_method
from tabletutor.training.run import TrainingFiles, TrainingRun
from tabletutor.training.tracking import Trackers
from tests.support.cases import PROFILE, above, question, turns

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SIZES = ScratchModelConfig(source="scratch", vocabulary=512, hidden=32, layers=2, heads=2, positions=1024)
JUDGES = {"outcome": ("reward", orm_pairs), "process": ("prm", prm)}


def attempt(limit: int, sample: int, sign: str, ended: str = "submit") -> Prediction:
    said = turns(f"rows = df[df['wind'] {sign} {limit}]", "submit(rows['wind'].mean())")
    trace = Trace(f"t{sample}", "student", "drawn", said, ended, 1.5)  # type: ignore[arg-type]
    return Prediction(f"q{limit}", "t", "drawn", sample, trace, 9)


@pytest.mark.parametrize("kind", ["outcome", "process"])
def test_a_judge_finds_the_right_attempt(kind: Kind, tmp_path: Path) -> None:
    """Trained on sixty questions, it tells right from wrong on others; what was not submitted is never chosen."""
    method, converter = JUDGES[kind]
    for split, limits in (("train", range(60)), ("validation", range(60, 64))):
        rows = [row for limit in limits for row in converter.rows(above(limit), converter.FORMAT.config(), 0)]
        (tmp_path / f"{split}.jsonl").write_bytes(b"".join(encode(row) + b"\n" for row in rows))
    (tmp_path / "model").mkdir()
    make_scratch(SIZES, [(tmp_path / "train.jsonl").read_text()], 0, tmp_path / "model")
    rows = (tmp_path / "train.jsonl", tmp_path / "validation.jsonl")
    files = TrainingFiles(tmp_path / "model", None, *rows, tmp_path / "judge", tmp_path / "cache")
    config = load_method(method).CONFIG.model_validate(
        {"method": method, "max_tokens": 512, "epochs": 50, "max_steps": 80, "learning_rate": 3e-3, "threads": 1,
         "lora": None, "dtype": "float32", "eval_every": 80, "checkpoint_every": 1000}
    )  # fmt: skip
    load_method(method).train(TrainingRun("judge", 0, "code", files, Trackers([])), config)
    limits = range(64, 76)
    attempts = [
        each
        for limit in limits
        for each in (
            attempt(limit, 0, "<"),
            attempt(limit, 1, ">", "turn_limit"),
            attempt(limit, 2, ">"),
            attempt(limit, 3, "<"),
        )
    ]
    write_records(tmp_path / "attempts.jsonl", attempts)
    asked = [question(f"q{limit}", f"What is the mean wind above {limit}?") for limit in limits]
    write_records(tmp_path / "questions.jsonl", asked)
    write_record(tmp_path / "profile.json", PROFILE)
    judge = (tmp_path / "model", tmp_path / "judge", kind)
    given = (tmp_path / "attempts.jsonl", [tmp_path / "questions.jsonl"], {"t": tmp_path / "profile.json"})
    assert choose_best("best", judge, *given, tmp_path / "best.jsonl") == len(limits)
    chosen = read_records(tmp_path / "best.jsonl", Prediction)
    assert [each.question_id for each in chosen] == sorted(f"q{limit}" for limit in limits)
    assert {(each.run, each.sample) for each in chosen} == {("best", 0)}
    right = sum(" > " in each.trace.turns[1].code for each in chosen)
    assert right >= 11, "by chance it would be four"
    assert all(each.trace.ended == "submit" for each in chosen)
