"""Let language models answer the questions of one table, from their text alone and with the hint."""

from pathlib import Path

from pydantic import TypeAdapter

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.teachers import TeacherConfig
from tabletutor.config.traces import TracesConfig
from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.episodes.traces import Settings, TraceFiles, build_traces
from tabletutor.teachers.open import TeacherFiles
from tabletutor.workflow.job import job

with job(snakemake) as here:
    params, table = snakemake.params, snakemake.wildcards.table
    config = here.section(TracesConfig, "traces", params.config)

    def teacher(given, model):
        settings = here.values(f"teachers/{given['name']}", given["settings"])
        checkpoint = settings.get("checkpoint")
        return TeacherFiles(
            name=given["name"],
            config=TypeAdapter(TeacherConfig).validate_python(settings),
            model=here.folder(model),
            checkpoint=Path(checkpoint) if checkpoint else None,
            cassette=here.cassette("traces", table),
            max_context=config.max_context,
        )

    independent = teacher(params.teacher, "model")
    build_traces(
        TraceFiles(here.file("questions"), here.file("profile"), here.file("parquet")),
        teacher(params.gold_teacher, "gold_model") if params.gold_teacher else independent,
        independent,
        Settings(
            config,
            VerdictsConfig.model_validate(params.verdicts),
            here.section(SandboxConfig, "sandbox", params.sandbox),
            params.seed,
        ),
        cache=here.cache,
        code=params.code,
        output=Path(snakemake.output.traces),
    )
