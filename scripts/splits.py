"""Assign every table to one split, near-duplicates together."""

from pathlib import Path

from tabletutor.config.table_list import ListedTable
from tabletutor.config.tables import TablesConfig
from tabletutor.tables.splits import split_tables
from tabletutor.workflow.job import job

with job(snakemake):
    split_tables(
        [ListedTable(name, entry["path"], entry["split"] or None) for name, entry in snakemake.params.tables.items()],
        [Path(path) for path in snakemake.input.profiles],
        [Path(path) for path in snakemake.input.parquets],
        TablesConfig.model_validate(snakemake.params.config),
        Path(snakemake.output[0]),
    )
