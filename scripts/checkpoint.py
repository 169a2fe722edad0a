"""Train one run by its method on its format; a run that was killed goes on where it stopped."""

from pathlib import Path

from tabletutor.training.registry import find
from tabletutor.training.run import Answering, TrainingFiles, TrainingRun
from tabletutor.training.tracking import trackers
from tabletutor.workflow.job import job

with job(snakemake) as here:
    name, source, params, resources = snakemake.wildcards.run, snakemake.input, snakemake.params, snakemake.resources
    method, graded = find(params.config["method"]), params.answering
    shown = trackers(Path(snakemake.log[0]), resources.mlflow, resources.tensorboard)
    files = TrainingFiles(
        model=Path(source.model[0]).parent,
        start=Path(source.start[0]).parent if source.start else None,
        train=Path(source.rows[0]),
        validation=Path(source.rows[1]),
        checkpoint=Path(snakemake.output.digests).parent,
        cache=here.cache,
    )
    answering = None
    if graded:
        sandbox = here.values("sandbox", graded["sandbox"])
        answering = Answering(Path(source.tables[0]).parents[2], sandbox, graded["verdicts"], graded["whole_turns"])
    method.train(
        TrainingRun(name, params.seed, params.code, files, shown, answering),
        here.section(method.CONFIG, f"runs/{name}/training", params.config),
    )
