"""Read the rows of one training format back and check each of them."""

from pathlib import Path

from tabletutor.formats.audit import audit_format
from tabletutor.workflow.job import job

with job(snakemake) as here:
    audit_format(
        snakemake.wildcards.format,
        {"train": Path(snakemake.input.train), "validation": Path(snakemake.input.validation)},
        here.by_table("questions"),
        here.splits,
        Path(snakemake.output.audit),
    )
