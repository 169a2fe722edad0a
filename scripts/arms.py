"""Compare arms of runs that differ only in their seed with the first arm or another one."""

from pathlib import Path

from tabletutor.config.reporting import ReportingConfig
from tabletutor.reporting.arms import write_arms
from tabletutor.workflow.job import job

with job(snakemake) as here:
    write_arms(
        here.files("scores"),
        ReportingConfig.model_validate(snakemake.params.config),
        snakemake.params.seed,
        Path(snakemake.output.arms),
    )
