"""Compare the candidate with the baseline, question by question."""

from pathlib import Path

from tabletutor.config.reporting import ReportingConfig
from tabletutor.reporting.comparison import write_comparison
from tabletutor.training.tracking import difference, log_evaluation
from tabletutor.workflow.job import job

with job(snakemake):
    write_comparison(
        Path(snakemake.input.baseline[0]),
        Path(snakemake.input.candidate[0]),
        ReportingConfig.model_validate(snakemake.params.config),
        snakemake.params.seed,
        Path(snakemake.output.comparison),
    )
    made, candidate = Path(snakemake.output.comparison), snakemake.params.config["candidate"]
    log_evaluation(made, candidate, lambda: difference(made), snakemake.resources.mlflow)
