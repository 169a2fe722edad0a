"""Train the adapter of one run on its format; a run that was killed goes on where it stopped."""

from pathlib import Path

from tabletutor.config.schema import TrainingConfig
from tabletutor.training.train import TrainingFiles, train
from tabletutor.workflow.job import job

with job(snakemake):
    rows = (Path(snakemake.input.train), Path(snakemake.input.validation))
    folders = (Path(snakemake.output.adapter).parent, Path(snakemake.params.folder, "training"))
    train(
        TrainingFiles(Path(snakemake.input.model[0]).parent, *rows, *folders),
        TrainingConfig.model_validate(snakemake.params.config),
        snakemake.params.seed,
        snakemake.wildcards.run,
        snakemake.params.code,
        Path(snakemake.params.folder, "mlflow.db") if snakemake.resources.mlflow else None,
    )
