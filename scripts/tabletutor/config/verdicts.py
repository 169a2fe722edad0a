"""The knobs of matching answers, for the stage `verdicts` and whoever grades."""

from pydantic import Field

from tabletutor.config.section import Section


class VerdictsConfig(Section):
    """When two answers are the same."""

    relative_tolerance: float = Field(
        default=1e-6, ge=0, lt=1e-2, description="Relative tolerance of numbers that declare no decimals."
    )
