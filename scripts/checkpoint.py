"""Train the adapter of one run on its format; a run that was killed goes on where it stopped."""

from pathlib import Path

from tabletutor.config.schema import TrainingConfig
from tabletutor.training.train import TrainingFiles, train
from tabletutor.workflow.job import job

with job(snakemake) as here:
    rows = map(Path, snakemake.input.rows)
    folders = (Path(snakemake.output.adapter).parent, here.cache)
    train(
        TrainingFiles(Path(snakemake.input.model[0]).parent, *rows, *folders),
        here.section(TrainingConfig, f"runs/{snakemake.wildcards.run}/training", snakemake.params.config),
        snakemake.params.seed,
        snakemake.wildcards.run,
        snakemake.params.code,
        Path(".tabletutor", "mlflow.db") if snakemake.resources.mlflow else None,
    )
