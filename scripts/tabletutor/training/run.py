"""What a training method is given: the name of the run, its files, its seed, and where it is shown while it trains."""

from pathlib import Path
from typing import NamedTuple

from tabletutor.config.load import counted
from tabletutor.config.training import MethodConfig
from tabletutor.records.files import sha256_file
from tabletutor.records.identity import digest
from tabletutor.records.journal import Work
from tabletutor.training.tracking import Tracker


class TrainingFiles(NamedTuple):
    """What a run reads and writes: the model's folder, the checkpoint it goes on from (None: the model as it is), the
    rows, the checkpoint folder, the cache for its state, and the results folder whose tables answers
    are run on (None: none are run).
    """

    model: Path
    start: Path | None
    train: Path
    validation: Path
    checkpoint: Path
    cache: Path
    results: Path | None


class TrainingRun(NamedTuple):
    """A run: its name and seed, the digest of its code, its files, and where its metrics are shown."""

    name: str
    seed: int
    code: str
    files: TrainingFiles
    tracker: Tracker

    def work(self, config: MethodConfig) -> Work:
        """What a state of this run belongs to: code, rows, weights, settings and seed."""
        files = self.files
        weights = [
            path
            for folder in filter(None, (files.model, files.start))
            for path in sorted(folder.iterdir())
            if path.suffix in (".safetensors", ".jinja") or path.name.endswith(("config.json", "tokenizer.json"))
        ]
        content = [sha256_file(path) for path in (*weights, files.train, files.validation)]
        return Work("training", self.name, digest(self.code, content, counted(config), self.seed))

    def parameters(self, config: MethodConfig) -> dict[str, object]:
        """What a tracker is told of the run."""
        return {**config.model_dump(mode="json"), "seed": self.seed, "base": self.files.model.name}
