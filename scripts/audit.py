"""Check the rows of one training format, as whoever trains on them will read them."""

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
