"""What a rule's script gets beside its outputs and parameters: what it reads, and knobs of the configuration."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from tabletutor.config.section import Section
from tabletutor.records.table import Split
from tabletutor.workflow.provenance.reads import Reads

S = TypeVar("S", bound=Section)


class Job:
    """The context of a script.

    Attributes:
        cache: The folder of finished units of work.
        splits: The split of each table that the job reads, where it reads splits.
    """

    def __init__(self, config: Mapping[str, Any], reads: Reads) -> None:
        self._config = config
        self._reads = reads
        self.cache = Path(config["cache"])
        self.splits: dict[str, Split] = reads.splits

    def files(self, name: str) -> tuple[Path, ...]:
        """The files of the input `name`; of inputs that have one for each table, those of the tables that are read."""
        return self._reads.files.get(name, ())

    def tables(self, *names: str) -> dict[str, tuple[Path, ...]]:
        """For each table that is read, its files of the inputs `names`."""
        columns = [self._reads.files[name] for name in names]
        return {table: tuple(paths) for table, *paths in zip(self._reads.tables, *columns, strict=True)}

    def by_table(self, name: str) -> dict[str, Path]:
        """For each table that is read, its file of the input `name`."""
        return {table: path for table, (path,) in self.tables(name).items()}

    def section(self, kind: type[S], path: str, counted: dict[str, Any]) -> S:
        """A section of the configuration: all that results depend on from the rule's parameters, `counted`, and the
        knobs that say how, which are no parameters of a rule, from the configuration at `path`.
        """
        return kind.model_validate(self.values(path, counted))

    def values(self, path: str, counted: dict[str, Any]) -> dict[str, Any]:
        """The same as plain values, for a script that must not depend on the section's class."""
        how: Any = self._config
        for key in path.split("/"):
            how = how[key]
        return {**how, **counted}
