"""Let a language model explore one table and ask questions about it, and keep those that pass the filters."""

from pathlib import Path

from pydantic import TypeAdapter

from tabletutor.config.questions import LlmQuestionsConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.teachers import TeacherConfig
from tabletutor.questions.llm.build import ProposalFiles, Settings, build_proposals
from tabletutor.teachers.open import TeacherFiles
from tabletutor.workflow.job import job

with job(snakemake) as here:
    params, table = snakemake.params, snakemake.wildcards.table
    config = here.section(LlmQuestionsConfig, "questions/llm", params.config)
    given = params.teacher
    settings = here.values(f"teachers/{given['name']}", given["settings"])
    checkpoint = settings.get("checkpoint")
    build_proposals(
        ProposalFiles(here.file("profile"), here.file("parquet"), here.files("others")),
        TeacherFiles(
            name=given["name"],
            config=TypeAdapter(TeacherConfig).validate_python(settings),
            model=here.folder("model"),
            checkpoint=Path(checkpoint) if checkpoint else None,
            cassette=here.cassette("proposals", table),
            max_context=config.max_context,
        ),
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
