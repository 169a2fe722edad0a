"""Fail if two splits share rows, columns or files."""

from pathlib import Path

from tabletutor.config.tables import TablesConfig
from tabletutor.tables.leaks import check_files
from tabletutor.tables.overlap import TypedTable
from tabletutor.workflow.job import job

with job(snakemake) as here:
    check_files(
        here.rows(TypedTable, profile="profiles", parquet="parquets"),
        splits=here.file("splits"),
        config=TablesConfig.model_validate(snakemake.params.config),
        output=Path(snakemake.output[0]),
    )
