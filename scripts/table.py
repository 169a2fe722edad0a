"""Read one CSV into a typed table and its profile."""

from pathlib import Path

from tabletutor.config.tables import TablesConfig
from tabletutor.tables.ingest import ingest
from tabletutor.workflow.job import job

with job(snakemake):
    ingest(
        Path(snakemake.params.path),
        snakemake.wildcards.table,
        snakemake.params.path,
        TablesConfig.model_validate(snakemake.params.config),
        Path(snakemake.output.parquet),
        Path(snakemake.output.profile),
    )
