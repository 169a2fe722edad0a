"""Trackers show curves while a run trains, and never stop it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tabletutor.records.files import sha256_file
from tabletutor.training import tracking
from tabletutor.training.tracking import MlflowTracker, NdjsonTracker, TensorboardTracker, Trackers
from tests.support.training_runs import settings, train

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_curves_are_in_every_place(tmp_path: Path) -> None:
    store = tmp_path / "mlflow" / "mlflow.db"
    trackers = Trackers(
        [MlflowTracker(store), TensorboardTracker(tmp_path / "board"), NdjsonTracker(tmp_path / "curves.ndjson")]
    )
    trackers.start("tuned", "identity", {"seed": 0, "lora": {"r": 4}})
    for step in (1, 2):
        trackers.log(step, {"train/loss": 2.0 / step})
    trackers.end({})
    from mlflow import MlflowClient
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    client = MlflowClient(tracking_uri=f"sqlite:///{store}")
    experiment = client.get_experiment_by_name("tabletutor")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED"
    history = client.get_metric_history(run.info.run_id, "train/loss")
    assert [(point.step, point.value) for point in history] == [(1, 2.0), (2, 1.0)]
    events = EventAccumulator(str(tmp_path / "board" / "tuned")).Reload()
    assert [(event.step, event.value) for event in events.Scalars("train/loss")] == [(1, 2.0), (2, 1.0)]
    first, *lines = map(json.loads, (tmp_path / "curves.ndjson").read_text().splitlines())
    assert first == {"run": "tuned", "parameters": {"seed": 0, "lora": {"r": 4}}}
    assert lines == [{"run": "tuned", "step": step, "train/loss": 2.0 / step} for step in (1, 2)]


def test_a_place_that_fails_is_left_out_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    broken = tmp_path / "file"
    lines = NdjsonTracker(tmp_path / "curves.ndjson")
    trackers = Trackers(
        [MlflowTracker(broken / "mlflow.db"), TensorboardTracker(broken / "board"), NdjsonTracker(broken / "n"), lines]
    )
    trackers.start("run", "identity", {"seed": 0})
    trackers.log(1, {"train/loss": 2.0})
    trackers.end({})
    assert broken.read_text() == "not a folder"
    assert len((tmp_path / "curves.ndjson").read_text().splitlines()) == 2


def test_a_long_file_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "curves.ndjson"
    tracker = NdjsonTracker(path, size=1000)
    tracker.start("run", "identity", {})
    for step in range(100):
        tracker.log(step, {"train/loss": 1.0})
    tracker.end({})
    assert sorted(tmp_path.iterdir()) == [path, Path(f"{path}.1"), Path(f"{path}.2")]
    lines = [json.loads(line) for file in (Path(f"{path}.2"), Path(f"{path}.1"), path) for line in file.open()]
    assert [line["step"] for line in lines] == list(range(100 - len(lines), 100))
    assert all(file.stat().st_size <= 1000 for file in tmp_path.iterdir())


# Trains and is killed in the seventh of eight steps, after its line was logged. The last saved state is of step six.
KILLED = """
import os, signal, sys
from pathlib import Path
from tests.support.training_runs import settings, train
from tabletutor.training.tracking import MlflowTracker, Trackers
project, out, store = map(Path, sys.argv[1:4])
class Killing(MlflowTracker):
    def log(self, step, metrics):
        super().log(step, metrics)
        if step == 7:
            os.kill(os.getpid(), signal.SIGKILL)
train(project, project / "sft-standard", out, settings("sft"), tracker=Trackers([Killing(store, "smoke/run")]))
"""


@pytest.mark.slow
def test_a_killed_run_and_its_continuation_are_one_run(project: Path, tmp_path: Path) -> None:
    """It has every step once. The evaluation of its checkpoint is logged to it, that of another checkpoint is not."""
    from mlflow import MlflowClient

    checkpoint, store = tmp_path / "results" / "checkpoints" / "tuned", tmp_path / tracking.STORE
    command = [sys.executable, "-c", KILLED, str(project), str(checkpoint), str(store)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'scripts'}"}, check=False)
    assert done.returncode == -signal.SIGKILL
    client = MlflowClient(tracking_uri=f"sqlite:///{store}")
    (run,) = client.search_runs(["1"])
    assert run.info.status == "RUNNING"
    train(project, project / "sft-standard", checkpoint, settings("sft"), tracker=MlflowTracker(store, "smoke/run"))
    (run,) = client.search_runs(["1"])
    assert run.info.status == "FINISHED"
    lines = [json.loads(line) for line in (checkpoint / "metrics.ndjson").read_text().splitlines()]
    for split in ("train", "validation"):
        history = client.get_metric_history(run.info.run_id, f"{split}/loss")
        expected = [(line["step"], line["loss"]) for line in lines if line["split"] == split]
        assert sorted((point.step, point.value) for point in history) == expected
    assert run.data.tags[tracking.CHECKPOINT] == sha256_file(checkpoint / "SHA256SUMS")
    assert run.data.tags["tabletutor.train"] == sha256_file(project / "sft-standard" / "train.jsonl")
    assert run.data.tags[tracking.REVISION]
    scores = tmp_path / "results" / "scores" / "tuned" / "test.jsonl"
    scores.parent.mkdir(parents=True)
    scores.write_text('{"correct": true}\n{"correct": false}\n{"correct": true}\n{"correct": true}\n')
    tracking.log_evaluation(scores, "tuned", tracking.accuracy, True, store)
    assert client.get_run(run.info.run_id).data.metrics["evaluation/accuracy"] == 0.75
    scores.rename(scores.with_name("validation.jsonl"))
    assert tracking.accuracy(scores.with_name("validation.jsonl")) == {
        "validation_accuracy": 0.75,
        "validation_answers": 4,
    }
    # The same place with other settings: the run that is still RUNNING cannot be continued.
    client.update_run(run.info.run_id, status="RUNNING")
    other = MlflowTracker(store, "smoke/run")
    other.start("tuned", "another identity", {})
    other.end({"checkpoint": "another"})
    assert sorted(each.info.status for each in client.search_runs(["1"])) == ["FINISHED", "KILLED"]
    (checkpoint / "SHA256SUMS").write_text("another checkpoint")
    tracking.log_evaluation(scores, "tuned", lambda _: {"accuracy": 0.0}, True, store)
    assert client.get_run(run.info.run_id).data.metrics["evaluation/accuracy"] == 0.75
