"""Ask questions of one table, and keep those on which three engines agree."""

from pathlib import Path

from tabletutor.config.questions import ProgramQuestionsConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.questions.build import build_questions
from tabletutor.workflow.job import job

with job(snakemake) as here:
    build_questions(
        Path(snakemake.input.profile),
        Path(snakemake.input.parquet),
        snakemake.params.split or here.splits[snakemake.wildcards.table],
        ProgramQuestionsConfig.model_validate(snakemake.params.config),
        here.section(SandboxConfig, "sandbox", snakemake.params.sandbox),
        snakemake.params.seed,
        here.cache,
        snakemake.params.code,
        Path(snakemake.output.questions),
        Path(snakemake.output.rejects),
    )
