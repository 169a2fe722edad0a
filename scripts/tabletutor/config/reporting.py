"""What is compared, and how it is reported."""

from typing import Annotated

from pydantic import Field

from tabletutor.config.section import HOW, Name, Section


class ReportingConfig(Section):
    """The report and the comparison it makes."""

    title: str = Field(
        default="tabletutor report",
        pattern=r"^[^{}]*$",
        description="Title of the report; no braces, which Snakemake reads as wildcards.",
    )
    baseline: Name = "base"
    candidate: Name = "tuned"
    arms: dict[Name, Annotated[tuple[Name, ...], Field(min_length=1)]] = Field(
        default={},
        description="Runs that differ in their seed alone, by name of the arm; the others are compared with the first.",
    )
    against: dict[Name, Name] = Field(
        default={}, description="For an arm that is compared with another one than the first, that other arm."
    )
    bootstrap: int = Field(default=2000, ge=100, description="Resamples of the bootstrap clustered by table.")
    permutations: int = Field(
        default=9999, ge=999, description="Patterns of signs tried by the permutation test of arms, at most."
    )
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    mlflow: bool = Field(
        default=True,
        json_schema_extra=HOW,
        description="Log training to a local MLflow store as well (telemetry, not a result).",
    )
    tensorboard: bool = Field(
        default=False,
        json_schema_extra=HOW,
        description="Log training for TensorBoard as well, to .tabletutor/tensorboard (telemetry, not a result).",
    )
