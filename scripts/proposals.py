"""Let a language model explore one table and ask questions about it, and keep those that pass the filters."""

from pathlib import Path

from tabletutor.config.questions import LlmQuestionsConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.questions.llm.build import ProposalFiles, Settings, build_proposals
from tabletutor.workflow.job import job
from tabletutor.workflow.teacher_files import teacher_files

with job(snakemake) as here:
    params, table = snakemake.params, snakemake.wildcards.table
    config = here.section(LlmQuestionsConfig, "questions/llm", params.config)
    build_proposals(
        ProposalFiles(here.file("profile"), here.file("parquet"), here.files("others")),
        teacher_files(here, params.teacher, "model", ("proposals", table), config.max_context),
        Settings(
            config,
            here.section(SandboxConfig, "sandbox", params.sandbox),
            params.split or here.splits[table],
            params.seed,
        ),
        cache=here.cache,
        code=params.code,
        questions=Path(snakemake.output.questions),
        rejects=Path(snakemake.output.rejects),
    )
