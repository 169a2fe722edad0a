"""What there is to export of a project: its formats that passed the audit, and the tables they are from."""

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
    """One format: its name, its folder, its counts, and the figures of its audit."""

    name: str
    folder: Path
    stats: FormatStats
    audit: Audit

    def rows(self) -> dict[str, Path]:
        """Its files, by split."""
        return {split.split: self.folder / f"{split.split}.jsonl" for split in self.stats.splits if split.rows}


class Project(NamedTuple):
    """A project as it was built."""

    config: Config
    formats: list[Exported]
    tables: tuple[ListedTable, ...]
    splits: Splits


def read_project(config_path: Path) -> Project:
    """The project of a configuration, as seen from its checkout's root.

    Raises ValueError where it has no format that passed the audit: it has not been built.
    """
    config = load(config_path)
    results = Path(config.results)
    found: list[Exported] = []
    for audit_path in sorted(results.glob("formats/*/audit.json")):
        folder = audit_path.parent
        stats = read_record(folder / "stats.json", FormatStats)
        found.append(Exported(folder.name, folder, stats, read_record(audit_path, Audit)))
    if not found:
        raise ValueError(
            f"{results}/formats: no format has passed its audit; build them first: "
            f"snakemake all_formats --profile local --configfile {config_path}"
        )
    return Project(
        config, found, read_table_list(Path(config.table_list)), read_record(results / "splits.json", Splits)
    )
