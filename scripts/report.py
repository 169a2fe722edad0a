"""Write the report as one self-contained page."""

from pathlib import Path

from tabletutor.reporting.inputs import ReportFiles
from tabletutor.reporting.render import write_report
from tabletutor.workflow.job import job

with job(snakemake):
    write_report(
        ReportFiles.of(dict(snakemake.input.items())),
        snakemake.params.title,
        snakemake.params.project,
        snakemake.params.entries,
        snakemake.params.settings,
        Path(snakemake.output.report),
        other_looks=snakemake.params.other_looks,
    )
