"""Read the attempts of another run leniently: the value of the last expression is an answer too."""

from pathlib import Path

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.evaluation.lenient import read_leniently
from tabletutor.workflow.job import job

with job(snakemake) as here:
    read_leniently(
        snakemake.wildcards.run,
        here.section(SandboxConfig, "sandbox", snakemake.params.sandbox),
        attempts=here.file("attempts"),
        parquets=here.by_table("parquets"),
        output=Path(snakemake.output.predictions),
    )
