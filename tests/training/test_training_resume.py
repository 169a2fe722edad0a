"""A run that is killed and started again, on other threads, gives the bytes of one that was not."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from tabletutor.config.schema import ScratchModelConfig
from tabletutor.models.scratch import make_scratch
from tabletutor.records.files import sha256_file
from tabletutor.training.state import TrainingState, load_state, save_state
from tabletutor.training.tracking import MlflowTracker

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from pathlib import Path
from tabletutor.config.schema import LoraConfig, TrainingConfig
from tabletutor.training.train import TrainingFiles, train
folder, out, store = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
config = TrainingConfig(
    lora=LoraConfig(r=4, dropout=float(sys.argv[4])), epochs=4, batch_size=2, eval_every=7, eval_rows=2,
    checkpoint_every=int(sys.argv[6]), checkpoint_seconds=float(sys.argv[7]), pack_rows=1, threads=int(sys.argv[5]),
)
cache = out.with_name(out.name + ".cache")
files = TrainingFiles(folder / "model", folder / "train.jsonl", folder / "validation.jsonl", out, cache)
train(files, config, 5, "tuned", "code", store if store.name else None)
"""
FILES = ("adapter_model.safetensors", "adapter_config.json", "metrics.ndjson", "SHA256SUMS")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("project")
    texts = [f"the mean of column {index} is {index * 7}" for index in range(24)]
    for name, chosen in (("train", texts), ("validation", texts[:3])):
        rows = [
            {
                "messages": [
                    {"role": "user", "content": text * (1 + index % 3)},
                    {"role": "assistant", "content": text[::-1]},
                ]
            }
            for index, text in enumerate(chosen)
        ]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "model").mkdir()
    make_scratch(ScratchModelConfig(source="scratch", vocabulary=320, hidden=32), texts, 0, folder / "model")
    return folder


def start(
    project: Path, out: Path, dropout: float, store: str = "", threads: int = 1, every: int = 3, seconds: float = 600
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(project), str(out), store, *map(str, (dropout, threads, every, seconds))],
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts"), "HF_HUB_OFFLINE": "1"},
        stderr=subprocess.DEVNULL,
    )


# Dropout draws from torch's random state, which must come back too; states are kept by step, and by time alone.
@pytest.mark.parametrize(("dropout", "every", "seconds"), [(0.0, 3, 600.0), (0.3, 1000, 0.01)])
def test_killed_and_resumed_is_bit_for_bit_the_same(
    project: Path, tmp_path: Path, dropout: float, every: int, seconds: float
) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    uncut = start(project, whole, dropout, str(tmp_path / "mlflow" / "mlflow.db"), threads=2)
    process = start(project, cut, dropout, every=every, seconds=seconds)
    work = tmp_path / "cut.cache"
    while process.poll() is None and not list(work.rglob("resume.state")):
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (cut / "SHA256SUMS").exists()
    assert start(project, cut, dropout).wait() == 0
    assert uncut.wait() == 0
    for name in FILES:
        assert (cut / name).read_bytes() == (whole / name).read_bytes(), name
    assert not list(work.rglob("resume.state"))
    if dropout == 0.0:
        check_checkpoint(whole, tmp_path)


def check_checkpoint(out: Path, folder: Path) -> None:
    """What a finished checkpoint folder holds (checked here because making one takes its time)."""
    config = json.loads((out / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "model"
    assert str(folder) not in (out / "adapter_config.json").read_text()
    lines = [json.loads(line) for line in (out / "metrics.ndjson").read_text().splitlines()]
    training = [line for line in lines if line["split"] == "train"]
    assert [line["step"] for line in training] == list(range(1, 49))
    assert [line["step"] for line in lines if line["split"] == "validation"] == [7, 14, 21, 28, 35, 42, 48]
    assert training[-1]["loss"] < training[0]["loss"]
    sums = dict(reversed(line.split("  ")) for line in (out / "SHA256SUMS").read_text().splitlines())
    assert sums == {name: sha256_file(out / name) for name in FILES[:3]}
    assert (folder / "mlflow" / "mlflow.db").stat().st_size > 0


def test_an_unusable_mlflow_store_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    tracker = MlflowTracker(tmp_path / "file" / "mlflow.db")
    tracker.start("run", {"seed": 0})
    tracker.log(1, {"train/loss": 2.0})
    tracker.end()
    assert (tmp_path / "file").read_text() == "not a folder"


def test_a_broken_state_is_not_taken_up(tmp_path: Path) -> None:
    path = tmp_path / "resume.state"
    parameter = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.AdamW([parameter])
    save_state(path, "identity", TrainingState(1, ["line"], 0.5), {"p": torch.ones(3)}, optimizer)
    assert load_state(path, "another", {"p": parameter}, optimizer) is None
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert load_state(path, "identity", {"p": parameter}, optimizer) is None
    path.write_bytes(content)
    assert load_state(path, "identity", {"p": parameter}, optimizer) == TrainingState(1, ["line"], 0.5)
    assert parameter.tolist() == [1.0, 1.0, 1.0]


def test_every_random_state_comes_back(tmp_path: Path) -> None:
    parameter = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.AdamW([parameter])
    save_state(tmp_path / "s", "identity", TrainingState(1, [], 0.0), {"p": parameter}, optimizer)
    drawn = (random.random(), np.random.normal(), torch.rand(1).item())
    load_state(tmp_path / "s", "identity", {"p": parameter}, optimizer)
    assert (random.random(), np.random.normal(), torch.rand(1).item()) == drawn
