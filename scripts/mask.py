"""Check what a run's tokenizer and loss mask make of its training rows."""

from pathlib import Path

from tabletutor.formats.mask import check_mask
from tabletutor.workflow.job import job

with job(snakemake):
    check_mask(
        snakemake.wildcards.run,
        Path(snakemake.input.model[0]).parent,
        {"train": Path(snakemake.input.train), "validation": Path(snakemake.input.validation)},
        snakemake.params.max_tokens,
        Path(snakemake.output.mask),
    )
