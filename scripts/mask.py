"""Check a run's loss mask: the trained tokens of its rows must be the turns to learn."""

from pathlib import Path

from tabletutor.formats.mask import check_mask
from tabletutor.workflow.job import job

with job(snakemake) as here:
    check_mask(
        snakemake.wildcards.run,
        snakemake.params.format,
        model=here.folder("model"),
        rows=dict(zip(("train", "validation"), here.files("rows"), strict=True)),
        max_length=snakemake.params.max_length,
        output=Path(snakemake.output.mask),
    )
