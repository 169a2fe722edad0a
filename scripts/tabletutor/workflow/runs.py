"""The runs of a configuration, as rules need them: which are trained and how, and which files hold their weights."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from tabletutor.config.methods import method_configs
from tabletutor.config.training import MethodConfig
from tabletutor.models.load import ADAPTER_FILES, MODEL_FILES


class Runs:
    """The runs of a configuration with all defaults filled in. Methods that take `wildcards` are input functions.

    Attributes:
        trained: Runs that are trained.
        lora: Trained runs that train an adapter.
        full: Trained runs that train all weights.
        students: Runs that answer questions; all others are judges.
        tested: Students that are graded on test tables.
        validated: Students that are graded on validation tables.
        lenient: Runs that read another run's attempts leniently.
        choosing: Runs that choose among another run's attempts.
        choosing_by_judge: Those that choose by a judge; the others choose by majority vote.
        decoding: Students that decode answers; the others read those of another run.
        rounds: Trained runs whose rows include right attempts of another run.
        round_rows: The files of the rows of these runs.
        trained_on: The formats that runs are trained on, sorted.
        arms: The runs of each arm, in the order of the configuration. The first arm is the reference of the others.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._runs: Mapping[str, Any] = config["runs"]
        self._results = str(config["results"])
        training: dict[str, Any] = {name: run["training"] for name, run in self._runs.items()}
        self.trained = [name for name, settings in training.items() if settings]
        self.lora = [name for name in self.trained if training[name]["lora"]]
        self.full = [name for name in self.trained if not training[name]["lora"]]
        self.students = [name for name in training if not training[name] or self._method(name).TRAINS == "student"]
        self.tested = [name for name in self.students if "test" in self._runs[name]["splits"]]
        self.validated = [name for name in self.students if "validation" in self._runs[name]["splits"]]
        self.lenient = [name for name, run in self._runs.items() if run["lenient_of"]]
        self.choosing = [name for name, run in self._runs.items() if run["best_of"]]
        self.choosing_by_judge = [name for name in self.choosing if self._runs[name]["best_of"]["reward_model"]]
        self.decoding = [name for name in self.students if name not in {*self.choosing, *self.lenient}]
        self.rounds = [name for name, run in self._runs.items() if run["attempts_of"]]
        self.round_rows = [f"{self._rows_folder(name)}/train.jsonl" for name in self.rounds]
        self.trained_on = sorted({training[name]["format"] for name in self.trained})
        self.arms: dict[str, list[str]] = config["reporting"]["arms"]

    def _method(self, run: str) -> type[MethodConfig]:
        """Return the configuration class of a trained run's method."""
        return method_configs()[self._runs[run]["training"]["method"]]

    def model(self, wildcards: Any) -> list[str]:
        """Return the files of the base model of the job's run."""
        return [f"{self._results}/models/{self._runs[wildcards.run]['model']}/{name}" for name in MODEL_FILES]

    def checkpoint(self, run: str) -> list[str]:
        """Return the files that hold the weights of a trained run."""
        names = ADAPTER_FILES if run in self.lora else MODEL_FILES
        return [f"{self._results}/checkpoints/{run}/{name}" for name in names]

    def weights(self, wildcards: Any) -> list[str]:
        """Return the checkpoint files that the job's run decodes with; empty for an untuned model."""
        run = self._runs[wildcards.run]
        name = run["weights_from"] or (wildcards.run if run["training"] else None)
        return self.checkpoint(name) if name else []

    def rows(self, wildcards: Any) -> list[str]:
        """Return the files of the rows that the job's run is trained on: train, then validation."""
        name = self._runs[wildcards.run]["training"]["format"]
        return [f"{self._rows_folder(wildcards.run)}/train.jsonl", f"{self._results}/formats/{name}/validation.jsonl"]

    def audit(self, wildcards: Any) -> str:
        """Return the file of the audit of the rows that the job's run is trained on."""
        return f"{self._rows_folder(wildcards.run)}/audit.json"

    def _rows_folder(self, run: str) -> str:
        """Return the folder with the training rows of a run: of its format, or of its round."""
        parent = f"rounds/{run}" if run in self.rounds else "formats"
        return f"{self._results}/{parent}/{self._runs[run]['training']['format']}"

    def round_attempts(self, wildcards: Any) -> str:
        """Return the attempts at training questions whose right ones the job's round adds to its rows."""
        source = self._runs[wildcards.round]["attempts_of"]["run"]
        return f"{self._results}/rounds/{wildcards.round}/attempts/{source}.jsonl"

    def attempts(self, wildcards: Any) -> str:
        """Return the predictions of another run that the job's run chooses among, or reads leniently."""
        run = self._runs[wildcards.run]
        source = run["lenient_of"] or run["best_of"]["run"]
        return f"{self._results}/predictions/{source}/{wildcards.split}.jsonl"

    def examples(self, wildcards: Any) -> list[str]:
        """Return the file of the worked examples in the prompt of the job's run; empty if it has none."""
        shots = self._runs[wildcards.run]["shots"]
        return [f"{self._results}/worked_examples/{shots}.jsonl"] if shots else []

    def other_looks(self, wildcards: Any) -> list[str]:
        """Return the lines of the ledgers of runs that were graded on test tables once but are not now, such as removed
        and renamed runs.

        They are a parameter of the report, not inputs, so that the report never makes such a run answer again.
        """
        files = sorted(Path(self._results, "ledger").glob("*/test.jsonl"))
        others = [path for path in files if path.parent.name not in self.tested]
        return [line for path in others for line in path.read_text("utf-8").splitlines()]

    def judge_kind(self, wildcards: Any) -> str:
        """Return what the judge of the job's run scores: "process" for steps, "outcome" for whole attempts."""
        judge = self._method(self._runs[wildcards.run]["best_of"]["reward_model"])
        return "process" if judge.TRAINS == "process judge" else "outcome"

    def judge(self, wildcards: Any) -> list[str]:
        """Return the checkpoint files of the judge by which the job's run chooses."""
        return self.checkpoint(self._runs[wildcards.run]["best_of"]["reward_model"])

    def start(self, wildcards: Any) -> list[str]:
        """Return the checkpoint files that the job's run starts training from; empty if it starts from its model."""
        start = self._runs[wildcards.run]["training"]["init_from"]
        return self.checkpoint(start) if start else []

    def converter(self, digests: Mapping[str, str]) -> Callable[[Any], str]:
        """Return an input function for the code digest of the converter of the format that the job's run is trained on.

        `digests` has the digest of each format's converter.
        """

        def converter_digest(wildcards: Any) -> str:
            return digests[self._runs[wildcards.run]["training"]["format"]]

        return converter_digest

    def runs_answers(self, wildcards: Any) -> bool:
        """Return whether the training method of the job's run executes answers on tables."""
        return self._method(wildcards.run).RUNS_ANSWERS

    def answering(self, settings: Mapping[str, Any]) -> Callable[[Any], dict[str, Any]]:
        """Return an input function for the settings by which answers are executed and graded during training.

        It returns an empty dictionary if the method of the job's run executes no answers.
        """

        def answer_settings(wildcards: Any) -> dict[str, Any]:
            run = self._runs[wildcards.run]
            if not self.runs_answers(wildcards):
                return {}
            return {**{name: settings[name] for name in ("sandbox", "verdicts")}, "whole_turns": run["whole_turns"]}

        return answer_settings


def any_of(names: Iterable[str]) -> str:
    """Return a wildcard pattern that matches exactly these names."""
    return "|".join(names) or "(?!)"
