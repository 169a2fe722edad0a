"""Trackers: live training curves as lines of JSON, in MLflow and in TensorBoard.

Trackers are telemetry. A failure is reported once and never stops a run. The lasting record of a run's metrics is
`metrics.ndjson` in its checkpoint.
"""

import atexit
import contextlib
import json
import logging
import subprocess
from collections.abc import Callable, Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Protocol

import msgspec
from loguru import logger

from tabletutor.records.files import sha256_file
from tabletutor.records.record import read_record, read_records


class Tracker(Protocol):
    """Shows the metrics of a run while it trains."""

    def start(self, run: str, identity: str, parameters: dict[str, Any]) -> None:
        """Open a run with its parameters, or continue the run of this identity."""
        ...

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """Show the metrics of a step."""
        ...

    def end(self, digests: dict[str, str]) -> None:
        """Close the run. `digests` are those of its rows and its checkpoint."""
        ...


class Trackers:
    """Several trackers as one. A tracker that fails is dropped for the rest of the run, with one warning."""

    def __init__(self, trackers: Sequence[Tracker]) -> None:
        self._trackers = list(trackers)

    def start(self, run: str, identity: str, parameters: dict[str, Any]) -> None:
        """Open the run in each tracker."""
        self._call_each(lambda tracker: tracker.start(run, identity, parameters))

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """Show metrics in each tracker."""
        self._call_each(lambda tracker: tracker.log(step, metrics))

    def end(self, digests: dict[str, str]) -> None:
        """Close the run in each tracker."""
        self._call_each(lambda tracker: tracker.end(digests))

    def _call_each(self, action: Any) -> None:
        for tracker in list(self._trackers):
            try:
                action(tracker)
            except Exception as error:  # noqa: BLE001  telemetry: the run continues without it
                self._trackers.remove(tracker)
                logger.warning(
                    "{} is off for the rest of this run ({}: {}); metrics.ndjson will have all metrics",
                    type(tracker).__name__,
                    type(error).__name__,
                    error,
                )


class NdjsonTracker:
    """Appends one line of JSON per step to a file. At `size` bytes the file is rotated to `{file}.1`; two old files are
    kept.
    """

    def __init__(self, path: Path, size: int = 5_000_000) -> None:
        self._path = path
        self._size = size
        self._handler: RotatingFileHandler | None = None
        self._run = ""

    def start(self, run: str, identity: str, parameters: dict[str, Any]) -> None:
        """Open the file for appending and write the run's parameters."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._handler = RotatingFileHandler(self._path, maxBytes=self._size, backupCount=2, encoding="utf-8")
        self._handler.setFormatter(logging.Formatter("%(message)s"))
        self._run = run
        self._write({"run": run, "parameters": parameters})

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """Append one line."""
        self._write({"run": self._run, "step": step, **metrics})

    def end(self, digests: dict[str, str]) -> None:
        """Close the file."""
        if self._handler is not None:
            self._handler.close()

    def _write(self, content: dict[str, Any]) -> None:
        handler: Any = self._handler
        record = logging.LogRecord("metrics", logging.INFO, "", 0, json.dumps(content, sort_keys=True), None, None)
        if handler.shouldRollover(record):
            handler.doRollover()
        handler.stream.write(handler.format(record) + "\n")  # not emit(), which hides errors
        handler.flush()


class TensorboardTracker:
    """Writes TensorBoard event files to `folder/{run}`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: Any = None

    def start(self, run: str, identity: str, parameters: dict[str, Any]) -> None:
        """Open the run's event file and write its parameters as text."""
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(self._folder / run))
        self._writer.add_text("parameters", json.dumps(parameters, indent=2, sort_keys=True))

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """Add one point per metric."""
        for name, value in metrics.items():
            self._writer.add_scalar(name, value, step)

    def end(self, digests: dict[str, str]) -> None:
        """Flush and close the file."""
        self._writer.close()


class MlflowTracker:
    """Logs to an MLflow store in the SQLite file `store`, which is created if missing: one MLflow run per training
    identity.

    `place` is the project and the name of the run. An MLflow run of the same place with another identity and the status
    RUNNING cannot be continued, so it is marked KILLED.
    """

    def __init__(self, store: Path, place: str = "") -> None:
        self._store = store
        self._place = place
        self._client: Any = None
        self._run = ""
        self._logged: set[tuple[str, int]] = set()

    def start(self, run: str, identity: str, parameters: dict[str, Any]) -> None:
        """Continue the MLflow run of this identity in the experiment `tabletutor`, or create it."""
        self._client, experiment = _open_store(self._store)
        for other in self._client.search_runs([experiment], _tag_filter(place=self._place)):
            if other.info.status == "RUNNING" and other.data.tags.get(IDENTITY) != identity:
                self._client.set_terminated(other.info.run_id, status="KILLED")
        (known, *_) = [*self._client.search_runs([experiment], _tag_filter(identity=identity)), None]
        if known is None:
            tags = {IDENTITY: identity, PLACE: self._place, REVISION: _git_revision()}
            known = self._client.create_run(experiment, run_name=run, tags=tags)
            for key, value in parameters.items():
                self._client.log_param(known.info.run_id, key, value)
        else:
            self._client.update_run(known.info.run_id, status="RUNNING")
            self._client.set_tag(known.info.run_id, REVISION, _git_revision())
        self._run = known.info.run_id
        for name in known.data.metrics:
            self._logged |= {(name, point.step) for point in self._client.get_metric_history(self._run, name)}
        atexit.register(self._fail)  # a killed process runs no handlers; its continuation closes the run

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """Log metrics. Steps that a resumed run repeats are already in the store, with the same values, and skipped."""
        for name, value in metrics.items():
            if (name, step) not in self._logged:
                self._client.log_metric(self._run, name, value, step=step)

    def end(self, digests: dict[str, str]) -> None:
        """Mark the MLflow run as finished."""
        for name, digest in digests.items():
            self._client.set_tag(self._run, _TAG + name, digest)
        atexit.unregister(self._fail)
        self._client.set_terminated(self._run)

    def _fail(self) -> None:
        with contextlib.suppress(Exception):  # failures of the store have been reported
            self._client.set_terminated(self._run, status="FAILED")


_TAG = "tabletutor."
IDENTITY, PLACE, CHECKPOINT = f"{_TAG}identity", f"{_TAG}place", f"{_TAG}checkpoint"
REVISION = "mlflow.source.git.commit"
STORE = Path(".tabletutor", "mlflow.db")


def _open_store(store: Path) -> tuple[Any, str]:
    """Return a client of the store and the id of its experiment, which is created if missing."""
    from mlflow import MlflowClient

    store.parent.mkdir(parents=True, exist_ok=True)
    client = MlflowClient(tracking_uri=f"sqlite:///{store.absolute()}")
    experiment = client.get_experiment_by_name("tabletutor")
    if experiment is not None:
        return client, experiment.experiment_id
    folder = (store.parent / "mlartifacts").absolute().as_uri()
    return client, client.create_experiment("tabletutor", artifact_location=folder)


def _tag_filter(**tags: str) -> str:
    """Return the MLflow filter for runs with these tags."""
    return " and ".join(f"tags.`{_TAG}{name}` = '{value}'" for name, value in tags.items())


def _git_revision() -> str:
    """Return the checked-out commit, with `-dirty` if files differ from it; `unknown` outside of a git repository."""
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"


def log_evaluation(
    output: Path, run: str, metrics: Callable[[Path], dict[str, float]], mlflow: bool, store: Path = STORE
) -> None:
    """Log evaluation metrics to the MLflow run that trained the checkpoint of `run`, if there is one.

    `output` is an output of the evaluation, `<results>/<stage>/…`, from which the checkpoint is found. A failure is
    reported as a warning and never raised.
    """
    sums = next(
        (path / "checkpoints" / run / "SHA256SUMS" for path in output.parents if (path / "checkpoints").is_dir()), None
    )
    if not mlflow or sums is None or not sums.is_file() or not store.is_file():
        return
    try:
        client, experiment = _open_store(store)
        for mlflow_run in client.search_runs([experiment], _tag_filter(checkpoint=sha256_file(sums))):
            for name, value in metrics(output).items():
                client.log_metric(mlflow_run.info.run_id, f"evaluation/{name}", value)
    except Exception as error:  # noqa: BLE001  telemetry
        logger.warning("MLflow has no evaluation of {} ({}: {})", run, type(error).__name__, error)


class _Graded(msgspec.Struct):
    correct: bool


class _Overall(msgspec.Struct):
    points: float
    points_low: float
    points_high: float
    p: float


class _Comparison(msgspec.Struct):
    overall: _Overall


def accuracy(scores: Path) -> dict[str, float]:
    """Return the share of right answers in a file of scores, and the number of answers; empty without answers.

    Figures on other tables than test tables have the split in their name: `validation_accuracy`.
    """
    right = [score.correct for score in read_records(scores, _Graded)]
    prefix = "" if scores.stem == "test" else f"{scores.stem}_"
    return {f"{prefix}accuracy": sum(right) / len(right), f"{prefix}answers": len(right)} if right else {}


def difference(comparison: Path) -> dict[str, float]:
    """Return the difference between candidate and baseline in percentage points, with its interval and p-value."""
    return msgspec.structs.asdict(read_record(comparison, _Comparison).overall)


def trackers(log: Path, mlflow: bool, tensorboard: bool) -> Trackers:
    """Return the trackers of a run: lines of JSON beside its log and, if enabled, MLflow and TensorBoard."""
    chosen: list[Tracker] = [NdjsonTracker(log.with_suffix(".ndjson"))]
    if mlflow:
        chosen.append(MlflowTracker(STORE, log.with_suffix("").as_posix()))
    if tensorboard:
        chosen.append(TensorboardTracker(Path(".tabletutor", "tensorboard")))
    return Trackers(chosen)
