"""The input of a training method: a run with its name, seed, files and tracker."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tabletutor.config.section import result_settings
from tabletutor.config.training import MethodConfig
from tabletutor.models.load import model_files
from tabletutor.records.files import sha256_file
from tabletutor.records.identity import digest
from tabletutor.records.journal import Work
from tabletutor.training.tracking import Tracker


class TrainingFiles(NamedTuple):
    """The files of a run.

    `model` is the base model's folder. `start` is the checkpoint to continue from (None: the base model). `train` and
    `validation` are files of rows, `checkpoint` is the output folder, and `cache` holds the state for resuming.
    """

    model: Path
    start: Path | None
    train: Path
    validation: Path
    checkpoint: Path
    cache: Path


class Answering(NamedTuple):
    """The settings for running and grading answers during training.

    `parquets` are the files of all tables by name, `sandbox` and `verdicts` are sections of the configuration, and
    `whole_turns` says whether turns are decoded to their stop token. The sections are plain values, so that only
    methods that run answers depend on their classes.
    """

    parquets: Mapping[str, Path]
    sandbox: dict[str, Any]
    verdicts: dict[str, Any]
    whole_turns: bool


class TrainingRun(NamedTuple):
    """A training run.

    `code` is a digest of its code and of everything that its grades depend on. `tracker` shows metrics during training.
    `answering` is None for methods that do not run answers.
    """

    name: str
    seed: int
    code: str
    files: TrainingFiles
    tracker: Tracker
    answering: Answering | None = None

    def work(self, config: MethodConfig) -> Work:
        """Return the identity of this run, under which its state is cached: code, rows, weights, settings and seed."""
        files = self.files
        weights = [path for folder in filter(None, (files.model, files.start)) for path in model_files(folder)]
        tables = self.answering.parquets.values() if self.answering else ()
        content = [sha256_file(path) for path in (*weights, files.train, files.validation, *tables)]
        return Work("training", self.name, digest(self.code, content, result_settings(config), self.seed))

    def digests(self) -> dict[str, str]:
        """Return digests for trackers of a finished run: those of its rows and of its `SHA256SUMS`."""
        files = self.files
        named = {"train": files.train, "validation": files.validation, "checkpoint": files.checkpoint / "SHA256SUMS"}
        return {name: sha256_file(path) for name, path in named.items()}

    def parameters(self, config: MethodConfig) -> dict[str, object]:
        """Return the run's parameters for trackers."""
        return {**config.model_dump(mode="json"), "seed": self.seed, "base": self.files.model.name}
