"""Run the traces of one table once more, to see what every statement set and to prove that they come out the same."""

from pathlib import Path

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.verdicts.replay import build_replays
from tabletutor.workflow.job import job

with job(snakemake) as here:
    build_replays(
        Path(snakemake.input.episodes),
        snakemake.wildcards.table,
        Path(snakemake.input.parquet),
        here.section(SandboxConfig, "sandbox", snakemake.params.sandbox),
        here.cache,
        snakemake.params.code,
        Path(snakemake.output.replays),
    )
