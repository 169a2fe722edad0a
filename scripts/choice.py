"""Choose the best of several attempts at each question, as a judge has it."""

from pathlib import Path

from tabletutor.evaluation.judge import choose_best
from tabletutor.workflow.job import job

with job(snakemake):
    source, params = snakemake.input, snakemake.params
    choose_best(
        snakemake.wildcards.run,
        (Path(source.model[0]).parent, Path(source.judge[0]).parent, params.kind),
        Path(source.attempts[0]),
        [Path(path) for path in source.questions],
        dict(zip(params.tables, map(Path, source.profiles), strict=True)),
        Path(snakemake.output.predictions),
    )
