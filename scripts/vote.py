"""Take the most common answer of several attempts at each question (self-consistency)."""

from pathlib import Path

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.evaluation.best_of_n import choose_by_vote
from tabletutor.workflow.job import job

with job(snakemake) as here:
    choose_by_vote(
        snakemake.wildcards.run,
        VerdictsConfig.model_validate(snakemake.params.config),
        attempts=here.file("attempts"),
        questions=here.files("questions"),
        output=Path(snakemake.output.predictions),
    )
