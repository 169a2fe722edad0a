"""Take the most common answer of several attempts at each question (self-consistency)."""

from pathlib import Path

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.evaluation.best_of_n import choose_by_vote
from tabletutor.workflow.job import job

with job(snakemake) as here:
    choose_by_vote(
        snakemake.wildcards.run,
        Path(snakemake.input.attempts[0]),
        here.files("questions"),
        VerdictsConfig.model_validate(snakemake.params.config),
        Path(snakemake.output.predictions),
    )
