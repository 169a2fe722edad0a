"""Training curves in a local MLflow store: telemetry. What goes wrong here is said once and never stops a run."""

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


class NoTracker:
    """Tracks nothing; MLflow is not imported."""

    def start(self, run: str, parameters: dict[str, Any]) -> None:
        """Do nothing."""

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """Do nothing."""

    def end(self) -> None:
        """Do nothing."""


class MlflowTracker:
    """Logs to the MLflow store in the SQLite file `store`, made if need be."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._client: Any = None
        self._run = ""

    def start(self, run: str, parameters: dict[str, Any]) -> None:
        """Open an MLflow run named `run` in the experiment `tabletutor`."""
        self._try(lambda: self._open(run, parameters))

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """Log metrics under their names."""
        if self._client is not None:
            self._try(
                lambda: [self._client.log_metric(self._run, name, value, step=step) for name, value in metrics.items()]
            )

    def end(self) -> None:
        """Mark the MLflow run as finished."""
        if self._client is not None:
            self._try(lambda: self._client.set_terminated(self._run))

    def _open(self, run: str, parameters: dict[str, Any]) -> None:
        from mlflow import MlflowClient

        self._store.parent.mkdir(parents=True, exist_ok=True)
        client: Any = MlflowClient(tracking_uri=f"sqlite:///{self._store.absolute()}")
        experiment = client.get_experiment_by_name("tabletutor")
        folder = (self._store.parent / "mlartifacts").absolute().as_uri()
        name = (
            experiment.experiment_id if experiment else client.create_experiment("tabletutor", artifact_location=folder)
        )
        self._run = client.create_run(name, run_name=run).info.run_id
        for key, value in parameters.items():
            client.log_param(self._run, key, value)
        self._client = client

    def _try(self, action: Any) -> None:
        try:
            action()
        except Exception as error:  # noqa: BLE001  telemetry degrades: the run goes on without it
            self._client = None
            logger.warning(
                "MLflow is off for the rest of this run ({}: {}); metrics.ndjson has all of it",
                type(error).__name__,
                error,
            )
