"""Train one run by its method on its format, resuming a killed run where it stopped."""

from pathlib import Path

from tabletutor.records.identity import digest
from tabletutor.training.registry import load_method
from tabletutor.training.run import Answering, TrainingFiles, TrainingRun
from tabletutor.training.tracking import trackers
from tabletutor.workflow.job import job

with job(snakemake, shares=True) as here:
    name, source, params, resources = snakemake.wildcards.run, snakemake.input, snakemake.params, snakemake.resources
    method, graded = load_method(params.config["method"]), params.answering
    loggers = trackers(Path(snakemake.log[0]), resources.mlflow, resources.tensorboard)
    start = Path(source.start[0]).parent if source.start else None
    output = Path(snakemake.output.digests).parent
    files = TrainingFiles(Path(source.model[0]).parent, start, *map(Path, source.rows), output, here.cache)
    answering = None
    if graded:
        sandbox = here.values("sandbox", graded["sandbox"])
        answering = Answering(here.by_table("parquets"), sandbox, graded["verdicts"], graded["whole_turns"])
    method.train(
        TrainingRun(name, params.seed, digest(params.code, params.method, graded), files, loggers, answering),
        here.section(method.CONFIG, f"runs/{name}/training", params.config),
    )
