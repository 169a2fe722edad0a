"""Summarise the scores of every run by group, with Wilson intervals."""

from pathlib import Path

from tabletutor.reporting.summary import write_summary
from tabletutor.workflow.job import job

with job(snakemake):
    files = zip(map(Path, snakemake.input.scores), map(Path, snakemake.input.predictions), strict=True)
    runs = dict(zip(snakemake.params.runs, files, strict=True))
    write_summary(runs, "test", snakemake.params.confidence, Path(snakemake.output.summary))
