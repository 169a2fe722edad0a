"""Read the rows of one training format back and check each of them."""

from pathlib import Path

from tabletutor.formats.audit import audit_format
from tabletutor.workflow.job import job

with job(snakemake) as here:
    audit_format(
        snakemake.wildcards.format,
        rows={"train": here.file("train"), "validation": here.file("validation")},
        questions=here.by_table("questions"),
        splits=here.splits,
        output=Path(snakemake.output.audit),
    )
