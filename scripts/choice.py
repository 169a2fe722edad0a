"""Choose the best of several attempts at each question by a judge's scores."""

from pathlib import Path

from tabletutor.evaluation.best_of_n import choose_by_judge
from tabletutor.workflow.job import job

with job(snakemake, shares=True) as here:
    source, params = snakemake.input, snakemake.params
    choose_by_judge(
        snakemake.wildcards.run,
        (Path(source.model[0]).parent, Path(source.judge[0]).parent, params.kind),
        Path(source.attempts[0]),
        here.files("questions"),
        here.by_table("profiles"),
        Path(snakemake.output.predictions),
    )
