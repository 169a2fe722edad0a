"""Check a run's loss mask: the trained tokens of its rows must be the turns to learn."""

from pathlib import Path

from tabletutor.formats.mask import check_mask
from tabletutor.workflow.job import job

with job(snakemake):
    check_mask(
        snakemake.wildcards.run,
        snakemake.params.format,
        Path(snakemake.input.model[0]).parent,
        dict(zip(("train", "validation"), map(Path, snakemake.input.rows), strict=True)),
        snakemake.params.max_tokens,
        Path(snakemake.output.mask),
    )
