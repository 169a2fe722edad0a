"""Train one run by its method on its format, resuming a killed run where it stopped."""

from pathlib import Path

from tabletutor.records.identity import digest
from tabletutor.training.registry import load_method
from tabletutor.training.run import Answering, TrainingFiles, TrainingRun
from tabletutor.training.tracking import trackers
from tabletutor.workflow.job import job

with job(snakemake, shares=True) as here:
    name, params, resources = snakemake.wildcards.run, snakemake.params, snakemake.resources
    method, graded = load_method(params.config["method"]), params.answering
    train_rows, validation_rows = here.files("rows")
    answering = (
        Answering(
            parquets=here.by_table("parquets"),
            sandbox=here.values("sandbox", graded["sandbox"]),
            verdicts=graded["verdicts"],
            whole_turns=graded["whole_turns"],
        )
        if graded
        else None
    )
    run = TrainingRun(
        name=name,
        seed=params.seed,
        code=digest(params.code, params.method, graded),
        files=TrainingFiles(
            model=here.folder("model"),
            start=here.folder("start"),
            train=train_rows,
            validation=validation_rows,
            checkpoint=Path(snakemake.output.digests).parent,
            cache=here.cache,
        ),
        tracker=trackers(Path(snakemake.log[0]), resources.mlflow, resources.tensorboard),
        answering=answering,
    )
    method.train(run, here.section(method.CONFIG, f"runs/{name}/training", params.config))
