"""Write the rows of one training format from verified episodes."""

from pathlib import Path

from tabletutor.formats.build import EpisodeFiles, SplitFiles, build_format
from tabletutor.formats.registry import load_format
from tabletutor.workflow.job import job

with job(snakemake) as here:
    output, name = snakemake.output, snakemake.wildcards.format
    build_format(
        name=name,
        tables=here.tables(
            EpisodeFiles, profile="profiles", questions="questions", episodes="episodes", verdicts="verdicts"
        ),
        splits=here.splits,
        config=load_format(name).config.model_validate(snakemake.params.config),
        seed=snakemake.params.seed,
        outputs={
            "train": SplitFiles(Path(output.train), Path(output.train_notes)),
            "validation": SplitFiles(Path(output.validation), Path(output.validation_notes)),
        },
        stats=Path(output.stats),
    )
