"""Make a base model's folder: weights, tokenizer and chat template."""

from pathlib import Path

from tabletutor.models.make import checked_model, make_model
from tabletutor.workflow.job import job

with job(snakemake):
    make_model(
        checked_model(snakemake.params.config),
        [Path(path) for path in snakemake.input.rows],
        snakemake.params.seed,
        Path(snakemake.output[0]).parent,
    )
