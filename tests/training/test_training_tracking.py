"""Curves to look at while a run trains; none of them can stop it."""

import json
from pathlib import Path

from tabletutor.training.tracking import MlflowTracker, NdjsonTracker, TensorboardTracker, Trackers


def test_curves_are_in_every_place(tmp_path: Path) -> None:
    store = tmp_path / "mlflow" / "mlflow.db"
    trackers = Trackers(
        [MlflowTracker(store), TensorboardTracker(tmp_path / "board"), NdjsonTracker(tmp_path / "curves.ndjson")]
    )
    trackers.start("tuned", {"seed": 0, "lora": {"r": 4}})
    for step in (1, 2):
        trackers.log(step, {"train/loss": 2.0 / step})
    trackers.end()
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
    trackers.start("run", {"seed": 0})
    trackers.log(1, {"train/loss": 2.0})
    trackers.end()
    assert broken.read_text() == "not a folder"
    assert len((tmp_path / "curves.ndjson").read_text().splitlines()) == 2


def test_a_long_file_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "curves.ndjson"
    tracker = NdjsonTracker(path, size=1000)
    tracker.start("run", {})
    for step in range(100):
        tracker.log(step, {"train/loss": 1.0})
    tracker.end()
    assert sorted(tmp_path.iterdir()) == [path, Path(f"{path}.1"), Path(f"{path}.2")]
    lines = [json.loads(line) for file in (Path(f"{path}.2"), Path(f"{path}.1"), path) for line in file.open()]
    assert [line["step"] for line in lines] == list(range(100 - len(lines), 100))
    assert all(file.stat().st_size <= 1000 for file in tmp_path.iterdir())
