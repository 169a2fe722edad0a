"""The context of a job: the environment variables it inherits, the inputs it reads and its configuration settings."""

from collections.abc import Mapping
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

    def tables(self, *names: str) -> dict[str, tuple[Path, ...]]:
        """Return, for each table that is read, its files of the inputs `names`, in that order."""
        columns = [self._reads.files[name] for name in names]
        return {table: tuple(paths) for table, *paths in zip(self._reads.tables, *columns, strict=True)}

    def by_table(self, name: str) -> dict[str, Path]:
        """Return, for each table that is read, its file of the input `name`."""
        return {table: path for table, (path,) in self.tables(name).items()}

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
