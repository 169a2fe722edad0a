"""The knobs of the stage `episodes`."""

from pydantic import Field

from tabletutor.config.section import Section


class EpisodesConfig(Section):
    """How the teacher works."""

    perturbed: int = Field(default=1, ge=0, le=4, description="Traces with a mistake for each question.")
    recover_share: float = Field(
        default=0.5, ge=0, le=1, description="Share of the mistakes that the teacher notices and mends."
    )
    slip_share: float = Field(
        default=0.5, ge=0, le=1, description="Share of the mistakes made at work under a right plan, not in the plan."
    )
