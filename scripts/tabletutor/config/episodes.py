"""The settings of the stage `episodes`."""

from pydantic import Field

from tabletutor.config.section import Section


class EpisodesConfig(Section):
    """Settings of the teacher, which works on questions."""

    perturbed_traces: int = Field(default=1, ge=0, le=4, description="Traces with an injected mistake, per question.")
    recover_share: float = Field(
        default=0.5, ge=0, le=1, description="Share of the mistakes that the teacher notices and corrects."
    )
    slip_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Share of the mistakes made while carrying out a right plan; the others are mistakes in the plan.",
    )
