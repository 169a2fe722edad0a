"""Take of several attempts at each question the one whose answer most agree on."""

from pathlib import Path

from tabletutor.config.schema import VerdictsConfig
from tabletutor.evaluation.vote import choose_agreed
from tabletutor.workflow.job import job

with job(snakemake):
    source = snakemake.input
    choose_agreed(
        snakemake.wildcards.run,
        Path(source.attempts[0]),
        [Path(path) for path in source.questions],
        VerdictsConfig.model_validate(snakemake.params.config),
        Path(snakemake.output.predictions),
    )
