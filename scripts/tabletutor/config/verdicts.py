"""The settings of answer matching, for the stage `verdicts` and for grading."""

from typing import Literal

from pydantic import Field

from tabletutor.config.section import Section


class VerdictsConfig(Section):
    """Settings that define when two answers are equal."""

    relative_tolerance: float = Field(
        default=1e-6, ge=0, lt=1e-2, description="Relative tolerance for numbers without declared decimals."
    )
    readers: Literal["agree", "not_against"] = Field(
        default="agree",
        description="What independent traces must do for a program question whose engines agree. agree: most of them "
        "give its answer. not_against: they don't give another one by a majority, for readers that are often wrong.",
    )
