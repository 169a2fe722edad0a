"""Train one run by its method on its format; a run that was killed goes on where it stopped."""

from pathlib import Path

from tabletutor.training.registry import find
from tabletutor.training.run import TrainingFiles, TrainingRun
from tabletutor.training.tracking import MlflowTracker, NdjsonTracker, TensorboardTracker, Tracker, Trackers
from tabletutor.workflow.job import job

with job(snakemake) as here:
    name, source, resources = snakemake.wildcards.run, snakemake.input, snakemake.resources
    method = find(snakemake.params.config["method"])
    shown: list[Tracker] = [NdjsonTracker(Path(snakemake.log[0]).with_suffix(".ndjson"))]
    if resources.mlflow:
        shown.append(MlflowTracker(Path(".tabletutor", "mlflow.db")))
    if resources.tensorboard:
        shown.append(TensorboardTracker(Path(".tabletutor", "tensorboard")))
    files = TrainingFiles(
        model=Path(source.model[0]).parent,
        start=Path(source.start[0]).parent if source.start else None,
        train=Path(source.rows[0]),
        validation=Path(source.rows[1]),
        checkpoint=Path(snakemake.output.digests).parent,
        cache=here.cache,
        results=Path(source.tables[0]).parents[2] if source.tables else None,
    )
    method.train(
        TrainingRun(name, snakemake.params.seed, snakemake.params.code, files, Trackers(shown)),
        here.section(method.CONFIG, f"runs/{name}/training", snakemake.params.config),
    )
