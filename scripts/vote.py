"""Take the most common answer of several attempts at each question (self-consistency)."""

from pathlib import Path

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.evaluation.majority_vote import choose_agreed
from tabletutor.workflow.job import job

with job(snakemake) as here:
    choose_agreed(
        snakemake.wildcards.run,
        Path(snakemake.input.attempts[0]),
        here.files("questions"),
        VerdictsConfig.model_validate(snakemake.params.config),
        Path(snakemake.output.predictions),
    )
