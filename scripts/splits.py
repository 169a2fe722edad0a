"""Assign every table to one split, near-duplicates together."""

from pathlib import Path

from tabletutor.config.table_list import listed_tables
from tabletutor.config.tables import TablesConfig
from tabletutor.tables.overlap import TypedTable
from tabletutor.tables.splits import split_tables
from tabletutor.workflow.job import job

with job(snakemake) as here:
    split_tables(
        listed_tables(snakemake.params.tables),
        here.rows(TypedTable, profile="profiles", parquet="parquets"),
        TablesConfig.model_validate(snakemake.params.config),
        Path(snakemake.output[0]),
    )
