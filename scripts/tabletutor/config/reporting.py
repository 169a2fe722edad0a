"""The settings of the report and of the comparisons in it."""

from typing import Annotated

from pydantic import Field

from tabletutor.config.section import EXECUTION_ONLY, Name, Section


class ReportingConfig(Section):
    """The report, and the runs it compares."""

    title: str = Field(
        default="tabletutor report",
        pattern=r"^[^{}]*$",
        description="Title of the report; without braces, which Snakemake reads as wildcards.",
    )
    baseline: Name = Field(default="base", description="The run that the candidate is compared with.")
    candidate: Name = Field(default="tuned", description="The run the report is about.")
    arms: dict[Name, Annotated[tuple[Name, ...], Field(min_length=1)]] = Field(
        default={},
        description="Arms to compare: name and runs that differ only in their seed. Each is compared with the first.",
    )
    compare_with: dict[Name, Name] = Field(
        default={}, description="Maps an arm to the arm it is compared with, if that is not the first."
    )
    bootstrap: int = Field(default=2000, ge=100, description="Resamples of the bootstrap, which is clustered by table.")
    permutations: int = Field(
        default=9999, ge=999, description="Maximum number of sign patterns in the permutation test of arms."
    )
    confidence: float = Field(default=0.95, gt=0.5, lt=1, description="Level of the confidence intervals.")
    mlflow: bool = Field(
        default=True,
        json_schema_extra=EXECUTION_ONLY,
        description="Also log training to a local MLflow store; telemetry, not a result.",
    )
    tensorboard: bool = Field(
        default=False,
        json_schema_extra=EXECUTION_ONLY,
        description="Also log training for TensorBoard to .tabletutor/tensorboard; telemetry, not a result.",
    )
