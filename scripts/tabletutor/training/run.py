"""What a training method is given: the name of the run, its files, its seed, and where it is shown while it trains."""

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
    """What a run reads and writes: the model's folder, the checkpoint it goes on from (None: the model as it is), the
    rows, the checkpoint folder, and the cache for its state.
    """

    model: Path
    start: Path | None
    train: Path
    validation: Path
    checkpoint: Path
    cache: Path


class Answering(NamedTuple):
    """How answers are run and graded while a student is trained by them: the Parquet files of all tables by name, the
    sections `sandbox` and `verdicts` of the configuration, and whether turns are decoded to their end. The sections are
    plain values, so that only a method that grades depends on their classes.
    """

    parquets: Mapping[str, Path]
    sandbox: dict[str, Any]
    verdicts: dict[str, Any]
    whole_turns: bool


class TrainingRun(NamedTuple):
    """A run: its name and seed, the digest of its code and of all that is graded by, its files, where its metrics are
    shown, and how answers are graded (None where none are).
    """

    name: str
    seed: int
    code: str
    files: TrainingFiles
    tracker: Tracker
    answering: Answering | None = None

    def work(self, config: MethodConfig) -> Work:
        """What a state of this run belongs to: code, rows, weights, settings and seed."""
        files = self.files
        weights = [path for folder in filter(None, (files.model, files.start)) for path in model_files(folder)]
        tables = self.answering.parquets.values() if self.answering else ()
        content = [sha256_file(path) for path in (*weights, files.train, files.validation, *tables)]
        return Work("training", self.name, digest(self.code, content, result_settings(config), self.seed))

    def digests(self) -> dict[str, str]:
        """What a tracker is told of a run that has ended: the digests of its rows and of its checkpoint's list."""
        files = self.files
        named = {"train": files.train, "validation": files.validation, "checkpoint": files.checkpoint / "SHA256SUMS"}
        return {name: sha256_file(path) for name, path in named.items()}

    def parameters(self, config: MethodConfig) -> dict[str, object]:
        """What a tracker is told of the run."""
        return {**config.model_dump(mode="json"), "seed": self.seed, "base": self.files.model.name}
