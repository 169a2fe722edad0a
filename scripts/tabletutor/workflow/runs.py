"""The runs of a configuration, as rules need them: which are trained and how, and which files hold whose weights."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tabletutor.config.training import MethodConfig, method_configs
from tabletutor.models.files import ADAPTER_FILES, MODEL_FILES


class Runs:
    """The runs of a configuration, every default filled in.

    Attributes:
        trained: Runs that are trained.
        lora: Of these, those that train an adapter.
        full: Those that train all weights.
        students: Runs that answer questions; the others judge answers.
        choosing: Of these, those that choose among another's attempts.
        judged: Of these, those that choose by a judge; the others by vote.
        trained_on: The formats that runs are trained on, sorted.
        arms: The runs of each arm, in the order of the configuration: the first is what the others are compared with.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._runs: Mapping[str, Any] = config["runs"]
        self._results = str(config["results"])
        training: dict[str, Any] = {name: run["training"] for name, run in self._runs.items()}
        self.trained = [name for name, how in training.items() if how]
        self.lora = [name for name in self.trained if training[name]["lora"]]
        self.full = [name for name in self.trained if not training[name]["lora"]]
        self.students = [name for name in training if not training[name] or self._method(name).TRAINS == "student"]
        self.choosing = [name for name, run in self._runs.items() if run["choose"]]
        self.judged = [name for name in self.choosing if self._runs[name]["choose"]["judge"]]
        self.trained_on = sorted({training[name]["format"] for name in self.trained})
        self.arms: dict[str, list[str]] = config["reporting"]["arms"]

    def _method(self, run: str) -> type[MethodConfig]:
        """The configuration class of a trained run's method, which says what it does."""
        return method_configs()[self._runs[run]["training"]["method"]]

    def model(self, wildcards: Any) -> list[str]:
        """The files of the model of the run of a job."""
        return [f"{self._results}/models/{self._runs[wildcards.run]['model']}/{name}" for name in MODEL_FILES]

    def checkpoint(self, run: str) -> list[str]:
        """The files that hold the weights of a trained run."""
        names = ADAPTER_FILES if run in self.lora else MODEL_FILES
        return [f"{self._results}/checkpoints/{run}/{name}" for name in names]

    def weights(self, wildcards: Any) -> list[str]:
        """The checkpoint files that the job's run decodes with; empty for an untuned model."""
        run = self._runs[wildcards.run]
        name = run["weights"] or (wildcards.run if run["training"] else None)
        return self.checkpoint(name) if name else []

    def kind(self, wildcards: Any) -> str:
        """What the judge of a job judges: the outcome of an attempt, or its steps."""
        judge = self._method(self._runs[wildcards.run]["choose"]["judge"])
        return "process" if judge.TRAINS == "process judge" else "outcome"

    def judge(self, wildcards: Any) -> list[str]:
        """The files of the weights of the judge by whom the run of a job chooses."""
        return self.checkpoint(self._runs[wildcards.run]["choose"]["judge"])

    def start(self, wildcards: Any) -> list[str]:
        """The checkpoint files that the job's run starts training from; empty where it starts from its model."""
        start = self._runs[wildcards.run]["training"]["start"]
        return self.checkpoint(start) if start else []

    def converter(self, digests: Mapping[str, str]) -> Callable[[Any], str]:
        """For a run of a job: the digest of the converter of the format that it is trained on."""

        def chosen(wildcards: Any) -> str:
            return digests[self._runs[wildcards.run]["training"]["format"]]

        return chosen

    def runs_answers(self, wildcards: Any) -> bool:
        """Whether the method of the job's run runs answers on tables while it trains."""
        return self._method(wildcards.run).RUNS_ANSWERS

    def answering(self, settings: Mapping[str, Any]) -> Callable[[Any], dict[str, Any]]:
        """For a run of a job: the settings by which answers are run and graded while it is trained; none where its
        method does not run answers.
        """

        def chosen(wildcards: Any) -> dict[str, Any]:
            run = self._runs[wildcards.run]
            if not self.runs_answers(wildcards):
                return {}
            return {**{name: settings[name] for name in ("sandbox", "verdicts")}, "whole_turns": run["whole_turns"]}

        return chosen


def any_of(names: Iterable[str]) -> str:
    """A pattern for a wildcard that takes these names, and no other."""
    return "|".join(names) or "(?!)"
