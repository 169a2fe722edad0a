"""The context of a job: the environment variables it inherits, the inputs it reads and its configuration settings."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from tabletutor.config.section import Section
from tabletutor.records.table import Split
from tabletutor.workflow.provenance.reads import Reads

# Every job inherits these variables. Training and evaluation set their thread counts from the configuration; everything
# else runs on one thread, so that no result depends on the number of cores. No library may contact a hub.
ENVIRONMENT = {
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "LC_ALL": "C.UTF-8",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "POLARS_MAX_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_OFFLINE": "1",
    "TZ": "UTC",
}

S = TypeVar("S", bound=Section)
F = TypeVar("F")


class Job:
    """The context of a rule's script.

    Attributes:
        cache: The folder for finished units of work.
        splits: The split of each table that the job reads; empty if the job does not read splits.
    """

    def __init__(self, config: Mapping[str, Any], reads: Reads) -> None:
        self._config = config
        self._reads = reads
        self.cache = Path(config["cache"])
        self.splits: dict[str, Split] = reads.splits

    def files(self, name: str) -> tuple[Path, ...]:
        """Return the files of the input `name`. An input with one file per table is limited to the tables read."""
        return self._reads.files.get(name, ())

    def file(self, name: str) -> Path:
        """Return the one file of the input `name`."""
        (path,) = self._reads.files[name]
        return path

    def folder(self, name: str) -> Path | None:
        """Return the folder that holds the files of the input `name`; None where the job has none of them."""
        return next((path.parent for path in self.files(name)), None)

    def rows(self, kind: Callable[..., F], **inputs: str) -> list[F]:
        """Return a record for each table or run, in the order of the inputs that list one file for each of them.

        Args:
            kind: The record to make, called with one path for each of its fields.
            inputs: For each field of the record, the name of the input that has its files.
        """
        columns = [self._reads.files[name] for name in inputs.values()]
        return [kind(**dict(zip(inputs, paths, strict=True))) for paths in zip(*columns, strict=True)]

    def tables(self, kind: Callable[..., F], **inputs: str) -> dict[str, F]:
        """Return the records of `rows` by the name of their table."""
        return dict(zip(self._reads.tables, self.rows(kind, **inputs), strict=True))

    def by_table(self, name: str) -> dict[str, Path]:
        """Return the file of the input `name` for each table the job reads."""
        return dict(zip(self._reads.tables, self._reads.files[name], strict=True))

    def cassette(self, stage: str, table: str) -> Path:
        """Return the file of the recorded responses that a stage uses for a table."""
        return Path(self._config["cassettes"]) / stage / f"{table}.jsonl.gz"

    def section(self, kind: type[S], path: str, params: dict[str, Any]) -> S:
        """Return a section of the configuration as an instance of `kind`.

        Settings that affect results come from `params`, the rule's parameters. Settings that only change how the job
        runs are not rule parameters; they come from the configuration at `path`.
        """
        return kind.model_validate(self.values(path, params))

    def values(self, path: str, params: dict[str, Any]) -> dict[str, Any]:
        """Return the same as `section` as plain values, for a script that must not depend on the section's class."""
        settings: Any = self._config
        for key in path.split("/"):
            settings = settings[key]
        return {**settings, **params}
