"""Turn verified episodes into conversations for supervised fine-tuning."""

from pathlib import Path

from tabletutor.config.schema import SftStandardConfig
from tabletutor.formats.build import build_sft_standard
from tabletutor.workflow.job import job

with job(snakemake):
    source = snakemake.input
    columns = (source.profiles, source.questions, source.episodes, source.verdicts)
    build_sft_standard(
        {table: tuple(map(Path, paths)) for table, *paths in zip(snakemake.params.tables, *columns, strict=True)},
        Path(source.splits),
        SftStandardConfig.model_validate(snakemake.params.config),
        snakemake.params.seed,
        {"train": Path(snakemake.output.train), "validation": Path(snakemake.output.validation)},
        Path(snakemake.output.stats),
    )
