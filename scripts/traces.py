"""Let language models answer the questions of one table, from their text alone and with the hint."""

from pathlib import Path

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.traces import TracesConfig
from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.episodes.traces import Settings, TraceFiles, build_traces
from tabletutor.workflow.job import job
from tabletutor.workflow.teacher_files import teacher_files

with job(snakemake) as here:
    params, cassette = snakemake.params, ("traces", snakemake.wildcards.table)
    config = here.section(TracesConfig, "traces", params.config)
    build_traces(
        TraceFiles(here.file("questions"), here.file("profile"), here.file("parquet")),
        teacher_files(here, params.teacher, "model", cassette, config.max_context),
        teacher_files(here, params.gold_teacher, "gold_model", cassette, config.max_context),
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
