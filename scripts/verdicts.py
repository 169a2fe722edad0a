"""Judge the episodes of one table: which questions are verified and which traces are correct."""

from pathlib import Path

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.verdicts.verify import judge_table
from tabletutor.workflow.job import job

with job(snakemake):
    judge_table(
        Path(snakemake.input.episodes),
        Path(snakemake.input.questions),
        Path(snakemake.input.replays),
        Path(snakemake.output.verdicts),
        VerdictsConfig.model_validate(snakemake.params.config),
    )
