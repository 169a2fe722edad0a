"""Compare the candidate with the baseline, question by question."""

from pathlib import Path

from tabletutor.config.reporting import ReportingConfig
from tabletutor.reporting.comparison import write_comparison
from tabletutor.training.tracking import difference, log_evaluation
from tabletutor.workflow.job import job

with job(snakemake) as here:
    write_comparison(
        ReportingConfig.model_validate(snakemake.params.config),
        snakemake.params.seed,
        baseline=here.file("baseline"),
        candidate=here.file("candidate"),
        output=Path(snakemake.output.comparison),
    )
    output, candidate = Path(snakemake.output.comparison), snakemake.params.config["candidate"]
    log_evaluation(output, candidate, difference, snakemake.resources.mlflow)
