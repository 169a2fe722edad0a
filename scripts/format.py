"""Turn verified episodes into the rows of one training format."""

from pathlib import Path

from tabletutor.formats.build import SplitFiles, build_format
from tabletutor.formats.registry import find
from tabletutor.workflow.job import job

with job(snakemake):
    source, made, name = snakemake.input, snakemake.output, snakemake.wildcards.format
    columns = (source.profiles, source.questions, source.episodes, source.verdicts)
    build_format(
        name,
        {table: tuple(map(Path, paths)) for table, *paths in zip(snakemake.params.tables, *columns, strict=True)},
        Path(source.splits),
        find(name).knobs.model_validate(snakemake.params.config),
        snakemake.params.seed,
        {
            "train": SplitFiles(Path(made.train), Path(made.train_notes)),
            "validation": SplitFiles(Path(made.validation), Path(made.validation_notes)),
        },
        Path(made.stats),
    )
