"""Generate questions about one table, and keep those on which three engines agree."""

from pathlib import Path

from tabletutor.config.questions import ProgramQuestionsConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.questions.build import build_questions
from tabletutor.workflow.job import job

with job(snakemake) as here:
    build_questions(
        profile_path=here.file("profile"),
        parquet=here.file("parquet"),
        split=snakemake.params.split or here.splits[snakemake.wildcards.table],
        config=ProgramQuestionsConfig.model_validate(snakemake.params.config),
        sandbox=here.section(SandboxConfig, "sandbox", snakemake.params.sandbox),
        seed=snakemake.params.seed,
        cache=here.cache,
        code=snakemake.params.code,
        questions=Path(snakemake.output.questions),
        rejects=Path(snakemake.output.rejects),
    )
