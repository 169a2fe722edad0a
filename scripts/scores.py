"""Grade the predictions of one run, by the type of each answer, and enter them in its ledger."""

from pathlib import Path

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.evaluation.ledger import enter_look
from tabletutor.evaluation.score import score_file
from tabletutor.training.tracking import accuracy, log_evaluation
from tabletutor.workflow.job import job

with job(snakemake) as here:
    score_file(
        VerdictsConfig.model_validate(snakemake.params.config),
        predictions=here.file("predictions"),
        questions=here.files("questions"),
        output=Path(snakemake.output.scores),
    )
    enter_look(
        snakemake.wildcards.run,
        predictions=here.file("predictions"),
        questions=here.files("questions"),
        ledger=Path(snakemake.output.ledger),
    )
    output = Path(snakemake.output.scores)
    log_evaluation(output, snakemake.wildcards.run, accuracy, snakemake.resources.mlflow)
