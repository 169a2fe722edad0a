"""Draw worked examples for prompts: whole right conversations about training tables."""

from pathlib import Path

from tabletutor.evaluation.worked_examples import ExampleFiles, draw_examples
from tabletutor.workflow.job import job

with job(snakemake) as here:
    draw_examples(
        here.tables(ExampleFiles, questions="questions", profile="profiles", episodes="episodes", verdicts="verdicts"),
        int(snakemake.wildcards.shots),
        snakemake.params.seed,
        Path(snakemake.output.examples),
    )
