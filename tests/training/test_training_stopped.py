"""A stopped run of any method resumes bit for bit."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.training_runs import FORMATS, WHOLE, settings, train

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class Stopped(Exception):
    """Ends a run, like an interruption."""


class Stopping:
    """A tracker that ends the run at a step, after the step's line was written."""

    def __init__(self, step: int) -> None:
        self._step = step

    def start(self, run: str, identity: str, parameters: dict[str, Any]) -> None:
        pass

    def log(self, step: int, metrics: dict[str, float]) -> None:
        if step == self._step:
            raise Stopped

    def end(self, digests: dict[str, str]) -> None:
        pass


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("sft-standard", {**WHOLE, "ema": 0.9, "keep": "best", "samples": 1}),
        # dropout uses torch's random state, which must be restored too; states are saved by time alone
        ("sft-standard", {"lora": {"r": 4, "dropout": 0.3}, "save_steps": 1000, "save_seconds": 1e-6}),
        ("dpo", {"ema": 0.9, "keep": "best", "samples": 1, "accumulation": 2}),
        ("kto", {**WHOLE, "save_steps": 1000, "save_seconds": 1e-6}),
        ("orm-pairs", {}),
        ("prm", WHOLE),
        ("rl", {"beta": 0.1}),  # with five questions, two a step: over several epochs
    ],
)
def test_stopped_and_resumed_is_bit_for_bit_the_same(
    name: str, changes: dict[str, Any], project: Path, tmp_path: Path
) -> None:
    config = settings(FORMATS[name], **changes)
    rows = tmp_path / "rows"
    shutil.copytree(project / name, rows)
    if name == "rl":
        lines = (rows / "train.jsonl").read_text().splitlines(keepends=True)
        (rows / "train.jsonl").write_text("".join(lines[:5]))
    train(project, rows, tmp_path / "whole", config)
    with pytest.raises(Stopped):
        train(project, rows, tmp_path / "cut", config, tracker=Stopping(7))
    assert not (tmp_path / "cut" / "SHA256SUMS").exists()
    states = [*tmp_path.glob("cut.cache/**/resume.state"), *tmp_path.glob("cut.cache/**/checkpoint-6/SHA256SUMS")]
    assert len(states) == 1
    train(project, rows, tmp_path / "cut", config)
    files = [path.name for path in (tmp_path / "whole").iterdir() if path.name != "timing.json"]
    assert len(files) in (5, 8)
    for file in files:
        assert (tmp_path / "cut" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes(), file
    assert not [*tmp_path.glob("cut.cache/**/resume.state"), *tmp_path.glob("cut.cache/**/checkpoint-*")]


def test_a_checkpoint_that_is_not_whole_is_left_alone(project: Path, tmp_path: Path) -> None:
    """The run resumes from the older of two checkpoints, with the same result."""
    config = settings("dpo")
    train(project, project / "dpo", tmp_path / "whole", config)
    with pytest.raises(Stopped):
        train(project, project / "dpo", tmp_path / "cut", config, tracker=Stopping(7))
    (newest,) = tmp_path.glob("cut.cache/**/checkpoint-6")
    with (newest / "optimizer.pt").open("r+b") as stream:
        stream.truncate(100)
    train(project, project / "dpo", tmp_path / "cut", config)
    weights = "adapter_model.safetensors"
    assert (tmp_path / "cut" / weights).read_bytes() == (tmp_path / "whole" / weights).read_bytes()
