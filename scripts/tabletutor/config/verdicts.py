"""The settings of answer matching, for the stage `verdicts` and for grading."""

from pydantic import Field

from tabletutor.config.section import Section


class VerdictsConfig(Section):
    """Settings that define when two answers are equal."""

    relative_tolerance: float = Field(
        default=1e-6, ge=0, lt=1e-2, description="Relative tolerance for numbers without declared decimals."
    )
