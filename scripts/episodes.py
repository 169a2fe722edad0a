"""Run correct and wrong traces of the programs of one table's questions, and join those of language models."""

from pathlib import Path

from tabletutor.config.episodes import EpisodesConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.episodes.build import build_episodes
from tabletutor.workflow.job import job

with job(snakemake) as here:
    build_episodes(
        questions_path=here.file("questions"),
        profile_path=here.file("profile"),
        parquet=here.file("parquet"),
        traces=next(iter(here.files("traces")), None),
        config=EpisodesConfig.model_validate(snakemake.params.config),
        sandbox=here.section(SandboxConfig, "sandbox", snakemake.params.sandbox),
        seed=snakemake.params.seed,
        cache=here.cache,
        code=snakemake.params.code,
        output=Path(snakemake.output.episodes),
    )
