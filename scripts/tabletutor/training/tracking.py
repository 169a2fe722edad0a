"""Training curves while a run trains: telemetry. What goes wrong here is said once and never stops a run.

The curves a run leaves are `metrics.ndjson` of its checkpoint; these here are to be looked at meanwhile.
"""

import json
import logging
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Protocol

from loguru import logger


class Tracker(Protocol):
    """Where metrics of a run are shown while it trains."""

    def start(self, run: str, parameters: dict[str, Any]) -> None:
        """Open a run with its parameters."""
        ...

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """Show metrics of a step."""
        ...

    def end(self) -> None:
        """Close the run."""
        ...


class Trackers:
    """Several trackers as one; one that fails is left out for the rest of the run, and that is said once."""

    def __init__(self, trackers: Sequence[Tracker]) -> None:
        self._trackers = list(trackers)

    def start(self, run: str, parameters: dict[str, Any]) -> None:
        """Open the run in each."""
        self._each(lambda tracker: tracker.start(run, parameters))

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """Show metrics in each."""
        self._each(lambda tracker: tracker.log(step, metrics))

    def end(self) -> None:
        """Close the run in each."""
        self._each(lambda tracker: tracker.end())

    def _each(self, action: Any) -> None:
        for tracker in list(self._trackers):
            try:
                action(tracker)
            except Exception as error:  # noqa: BLE001  telemetry degrades: the run goes on without it
                self._trackers.remove(tracker)
                logger.warning(
                    "{} is off for the rest of this run ({}: {}); metrics.ndjson will have all of it",
                    type(tracker).__name__,
                    type(error).__name__,
                    error,
                )


class NdjsonTracker:
    """Appends a line of JSON a step to a file, which is set aside as `{file}.1` when it has `size` bytes; two of these
    are kept.
    """

    def __init__(self, path: Path, size: int = 5_000_000) -> None:
        self._path = path
        self._size = size
        self._handler: RotatingFileHandler | None = None
        self._run = ""

    def start(self, run: str, parameters: dict[str, Any]) -> None:
        """Open the file, to go on at its end."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._handler = RotatingFileHandler(self._path, maxBytes=self._size, backupCount=2, encoding="utf-8")
        self._handler.setFormatter(logging.Formatter("%(message)s"))
        self._run = run
        self._write({"run": run, "parameters": parameters})

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """One line."""
        self._write({"run": self._run, "step": step, **metrics})

    def end(self) -> None:
        """Close the file."""
        if self._handler is not None:
            self._handler.close()

    def _write(self, content: dict[str, Any]) -> None:
        handler: Any = self._handler
        record = logging.LogRecord("metrics", logging.INFO, "", 0, json.dumps(content, sort_keys=True), None, None)
        if handler.shouldRollover(record):
            handler.doRollover()
        handler.stream.write(handler.format(record) + "\n")  # not emit(), which hides what goes wrong
        handler.flush()


class TensorboardTracker:
    """Writes event files for TensorBoard to a folder of the run in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: Any = None

    def start(self, run: str, parameters: dict[str, Any]) -> None:
        """Open the run's event file; parameters are shown as text."""
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(self._folder / run))
        self._writer.add_text("parameters", json.dumps(parameters, indent=2, sort_keys=True))

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """One point a metric."""
        for name, value in metrics.items():
            self._writer.add_scalar(name, value, step)

    def end(self) -> None:
        """Write what is left and close the file."""
        self._writer.close()


class MlflowTracker:
    """Logs to the MLflow store in the SQLite file `store`, made if need be."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._client: Any = None
        self._run = ""

    def start(self, run: str, parameters: dict[str, Any]) -> None:
        """Open an MLflow run named `run` in the experiment `tabletutor`."""
        from mlflow import MlflowClient

        self._store.parent.mkdir(parents=True, exist_ok=True)
        self._client = MlflowClient(tracking_uri=f"sqlite:///{self._store.absolute()}")
        experiment = self._client.get_experiment_by_name("tabletutor")
        folder = (self._store.parent / "mlartifacts").absolute().as_uri()
        name = (
            experiment.experiment_id
            if experiment
            else self._client.create_experiment("tabletutor", artifact_location=folder)
        )
        self._run = self._client.create_run(name, run_name=run).info.run_id
        for key, value in parameters.items():
            self._client.log_param(self._run, key, value)

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """Log metrics under their names."""
        for name, value in metrics.items():
            self._client.log_metric(self._run, name, value, step=step)

    def end(self) -> None:
        """Mark the MLflow run as finished."""
        self._client.set_terminated(self._run)


def trackers(log: Path, mlflow: bool, tensorboard: bool) -> Trackers:
    """What shows a run: rotating lines beside its log, and where wanted MLflow and TensorBoard in `.tabletutor`."""
    shown: list[Tracker] = [NdjsonTracker(log.with_suffix(".ndjson"))]
    if mlflow:
        shown.append(MlflowTracker(Path(".tabletutor", "mlflow.db")))
    if tensorboard:
        shown.append(TensorboardTracker(Path(".tabletutor", "tensorboard")))
    return Trackers(shown)
