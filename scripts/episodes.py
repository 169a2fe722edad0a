"""Let the teacher answer the questions of one table in the sandbox, right and with mistakes."""

from pathlib import Path

from tabletutor.config.episodes import EpisodesConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.episodes.build import build_episodes
from tabletutor.workflow.job import job

with job(snakemake) as here:
    build_episodes(
        Path(snakemake.input.questions),
        Path(snakemake.input.profile),
        Path(snakemake.input.parquet),
        EpisodesConfig.model_validate(snakemake.params.config),
        here.section(SandboxConfig, "sandbox", snakemake.params.sandbox),
        snakemake.params.seed,
        here.cache,
        snakemake.params.code,
        Path(snakemake.output.episodes),
    )
