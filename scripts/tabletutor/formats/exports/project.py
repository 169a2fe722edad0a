"""The exportable parts of a project: the formats that passed their audit, and the source tables."""

from pathlib import Path
from typing import NamedTuple

from tabletutor.config.load import load
from tabletutor.config.schema import Config
from tabletutor.config.table_list import ListedTable, read_table_list
from tabletutor.formats.audit import Audit
from tabletutor.records.record import read_record
from tabletutor.records.table import Splits
from tabletutor.rows.row import FormatStats


class Exported(NamedTuple):
    """One format: its name, folder, row counts and audit figures."""

    name: str
    folder: Path
    stats: FormatStats
    audit: Audit

    def rows(self) -> dict[str, Path]:
        """Return the files of the splits that have rows, by split."""
        return {split.split: self.folder / f"{split.split}.jsonl" for split in self.stats.splits if split.rows}


class Project(NamedTuple):
    """A built project: configuration, exportable formats, tables and splits."""

    config: Config
    formats: list[Exported]
    tables: tuple[ListedTable, ...]
    splits: Splits


def read_project(config_path: Path) -> Project:
    """Return the project of a configuration. Paths are relative to the checkout's root, the working directory.

    Raises ValueError if no format has passed its audit, as in a project that has not been built.
    """
    config = load(config_path)
    results = Path(config.results)
    formats: list[Exported] = []
    for audit_path in sorted(results.glob("formats/*/audit.json")):
        folder = audit_path.parent
        stats = read_record(folder / "stats.json", FormatStats)
        formats.append(Exported(folder.name, folder, stats, read_record(audit_path, Audit)))
    if not formats:
        raise ValueError(
            f"{results}/formats: no format has passed its audit; build them first: "
            f"snakemake all_formats --profile local --configfile {config_path}"
        )
    return Project(
        config, formats, read_table_list(Path(config.table_list)), read_record(results / "splits.json", Splits)
    )
