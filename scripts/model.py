"""Build a base model's folder: weights, tokenizer and chat template."""

from pathlib import Path

from tabletutor.config.models import SOURCES
from tabletutor.models.build import make_model
from tabletutor.workflow.job import job

with job(snakemake) as here:
    config = snakemake.params.config
    make_model(
        here.section(SOURCES[config["source"]], f"models/{snakemake.wildcards.model}", config),
        here.files("rows"),
        snakemake.params.seed,
        Path(snakemake.output[0]).parent,
    )
