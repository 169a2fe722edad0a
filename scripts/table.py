"""Read one CSV into a typed table and its profile."""

from pathlib import Path

from tabletutor.config.tables import TablesConfig
from tabletutor.tables.ingest import ingest
from tabletutor.workflow.job import job

with job(snakemake):
    ingest(
        Path(snakemake.params.path),
        table=snakemake.wildcards.table,
        source_path=snakemake.params.path,
        config=TablesConfig.model_validate(snakemake.params.config),
        parquet=Path(snakemake.output.parquet),
        profile=Path(snakemake.output.profile),
        dictionary=Path(snakemake.params.dictionary) if snakemake.params.dictionary else None,
    )
