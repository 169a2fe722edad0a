"""Fail if two splits share rows, columns or files."""

from pathlib import Path

from tabletutor.config.tables import TablesConfig
from tabletutor.tables.leaks import check_files
from tabletutor.workflow.job import job

with job(snakemake):
    check_files(
        [Path(path) for path in snakemake.input.profiles],
        [Path(path) for path in snakemake.input.parquets],
        Path(snakemake.input.splits),
        TablesConfig.model_validate(snakemake.params.config),
        Path(snakemake.output[0]),
    )
