"""Summarise the scores on validation tables, by which settings are chosen."""

from pathlib import Path

from tabletutor.reporting.summary import RunFiles, write_summary
from tabletutor.workflow.job import job

with job(snakemake) as here:
    files = here.rows(RunFiles, scores="scores", predictions="predictions")
    runs = dict(zip(snakemake.params.runs, files, strict=True))
    write_summary(runs, "validation", snakemake.params.confidence, Path(snakemake.output.validation))
