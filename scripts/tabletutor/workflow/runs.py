"""The runs of a configuration, as rules need them: which are trained and how, and which files hold whose weights."""

from collections.abc import Iterable, Mapping
from typing import Any

from tabletutor.config.training import STUDENTS
from tabletutor.models.layout import ADAPTER_FILES, MODEL_FILES


class Runs:
    """The runs of a configuration, every default filled in.

    Attributes:
        tuned: Runs that are trained.
        adapted: Of these, those that train an adapter.
        whole: Those that train all weights.
        students: Runs that answer questions; the others judge answers.
        trained_on: The formats that runs are trained on, sorted.
        arms: The runs of each arm, in the order of the configuration: the first is what the others are compared with.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._runs: Mapping[str, Any] = config["runs"]
        self._results = str(config["results"])
        training: dict[str, Any] = {name: run["training"] for name, run in self._runs.items()}
        self.tuned = [name for name, how in training.items() if how]
        self.adapted = [name for name in self.tuned if training[name]["lora"]]
        self.whole = [name for name in self.tuned if not training[name]["lora"]]
        self.students = [name for name, how in training.items() if not how or how["method"] in STUDENTS]
        self.trained_on = sorted({training[name]["format"] for name in self.tuned})
        self.arms: dict[str, list[str]] = config["reporting"]["arms"]

    def checkpoint(self, run: str) -> list[str]:
        """The files that hold the weights of a trained run."""
        names = ADAPTER_FILES if run in self.adapted else MODEL_FILES
        return [f"{self._results}/checkpoints/{run}/{name}" for name in names]

    def weights(self, wildcards: Any) -> list[str]:
        """The files of the weights trained by the run of a job; none where it answers with its model as it is."""
        return self.checkpoint(wildcards.run) if self._runs[wildcards.run]["training"] else []

    def start(self, wildcards: Any) -> list[str]:
        """The files of the weights that the run of a job goes on from; none where it starts at its model."""
        start = self._runs[wildcards.run]["training"]["start"]
        return self.checkpoint(start) if start else []


def any_of(names: Iterable[str]) -> str:
    """A pattern for a wildcard that takes these names, and no other."""
    return "|".join(names) or "(?!)"
