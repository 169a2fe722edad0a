"""Judge the episodes of one table: which questions are verified and which traces are correct."""

from pathlib import Path

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.verdicts.verify import judge_table
from tabletutor.workflow.job import job

with job(snakemake) as here:
    judge_table(
        VerdictsConfig.model_validate(snakemake.params.config),
        episodes=here.file("episodes"),
        questions=here.file("questions"),
        replays=here.file("replays"),
        output=Path(snakemake.output.verdicts),
    )
