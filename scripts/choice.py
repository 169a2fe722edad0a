"""Choose the best of several attempts at each question by a judge's scores."""

from pathlib import Path

from tabletutor.evaluation.best_of_n import JudgeFiles, choose_by_judge
from tabletutor.workflow.job import job

with job(snakemake, shares=True) as here:
    choose_by_judge(
        snakemake.wildcards.run,
        JudgeFiles(here.folder("model"), here.folder("judge"), snakemake.params.kind),
        attempts=here.file("attempts"),
        questions=here.files("questions"),
        profiles=here.by_table("profiles"),
        output=Path(snakemake.output.predictions),
    )
