"""A run that is killed and resumed, with another number of threads, gives the bytes of an uninterrupted run."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from tabletutor.config.models import ScratchModelConfig
from tabletutor.config.training import LoraConfig, SftConfig
from tabletutor.models.scratch import make_scratch
from tabletutor.records.files import sha256_file
from tabletutor.training.methods.sft import train
from tabletutor.training.run import TrainingFiles, TrainingRun
from tabletutor.training.state import TrainingState, load_state, save_state
from tabletutor.training.tracking import Trackers
from tabletutor.training.weights import Weights
from tests.support.polling import wait_until

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from pathlib import Path
from tests.training.test_training_resume import run
run(Path(sys.argv[1]), Path(sys.argv[2]), threads=1)
"""
FILES = ("adapter_model.safetensors", "adapter_config.json", "metrics.ndjson", "samples.ndjson", "SHA256SUMS")


def run(project: Path, out: Path, threads: int) -> None:
    config = SftConfig(
        lora=LoraConfig(r=4), epochs=4, batch_size=2, eval_steps=7, eval_rows=2, save_steps=3, pack_rows=1,
        samples=1, threads=threads,
    )  # fmt: skip
    rows = (project / "train.jsonl", project / "validation.jsonl")
    files = TrainingFiles(project / "model", None, *rows, out, out.with_name(f"{out.name}.cache"))
    train(TrainingRun("tuned", 5, "code", files, Trackers([])), config)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("project")
    texts = [f"the mean of column {index} is {index * 7}" for index in range(24)]
    for name, chosen in (("train", texts), ("validation", texts[:3])):
        rows = [
            {
                "question_id": f"q{index}",
                "table": "t",
                "trace_id": f"t{index}",
                "messages": [
                    {"role": "user", "content": text * (1 + index % 3), "weight": 0},
                    {"role": "assistant", "content": text[::-1], "weight": 1},
                ],
            }
            for index, text in enumerate(chosen)
        ]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "model").mkdir()
    make_scratch(ScratchModelConfig(source="scratch", vocabulary=320, hidden=32), texts, 0, folder / "model")
    return folder


@pytest.mark.slow
def test_killed_and_resumed_is_bit_for_bit_the_same(project: Path, tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(project), str(cut)],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'scripts'}", "HF_HUB_OFFLINE": "1"},
    )
    work = tmp_path / "cut.cache"
    wait_until(
        lambda: process.poll() is not None or list(work.rglob("resume.state")),
        "a saved state",
        seconds=300,
        every=0.002,
    )
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (cut / "SHA256SUMS").exists()
    run(project, cut, threads=1)
    run(project, whole, threads=2)
    for name in FILES:
        assert (cut / name).read_bytes() == (whole / name).read_bytes(), name
    assert not list(work.rglob("resume.state"))
    config = json.loads((whole / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "model"
    assert str(tmp_path) not in (whole / "adapter_config.json").read_text()
    lines = [json.loads(line) for line in (whole / "metrics.ndjson").read_text().splitlines()]
    assert {frozenset(line) for line in lines} == {
        frozenset({"step", "split", "loss", "tokens", "learning_rate", "grad_norm"})
    }, "a validation line has null for missing values"  # fmt: skip
    training = [line for line in lines if line["split"] == "train"]
    assert [line["step"] for line in training] == list(range(1, 49))
    evaluated = [7, 14, 21, 28, 35, 42, 48]
    assert [line["step"] for line in lines if line["split"] == "validation"] == evaluated
    samples = [json.loads(line) for line in (whole / "samples.ndjson").read_text().splitlines()]
    assert [line["step"] for line in samples] == evaluated
    assert training[-1]["loss"] < training[0]["loss"]
    sums = dict(reversed(line.split("  ")) for line in (whole / "SHA256SUMS").read_text().splitlines())
    assert sums == {name: sha256_file(whole / name) for name in FILES[:4]}


def test_a_broken_state_is_not_taken_up(tmp_path: Path) -> None:
    path = tmp_path / "resume.state"
    parameter = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.AdamW([parameter])
    state = TrainingState(1, ["line"], ["said"], 0.5)
    save_state(path, "identity", state, Weights({"p": torch.ones(3)}), optimizer)
    weights = Weights({"p": parameter})
    assert load_state(path, "another", weights, optimizer) is None
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert load_state(path, "identity", weights, optimizer) is None
    path.write_bytes(content)
    assert load_state(path, "identity", weights, optimizer) == state
    assert parameter.tolist() == [1.0, 1.0, 1.0]


def test_every_random_state_comes_back(tmp_path: Path) -> None:
    weights = Weights({"p": torch.zeros(1, requires_grad=True)})
    optimizer = torch.optim.AdamW(list(weights.parameters.values()))
    save_state(tmp_path / "s", "identity", TrainingState(1, [], [], 0.0), weights, optimizer)
    numbers = (random.random(), np.random.normal(), torch.rand(1).item())
    load_state(tmp_path / "s", "identity", weights, optimizer)
    assert (random.random(), np.random.normal(), torch.rand(1).item()) == numbers
