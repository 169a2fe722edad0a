"""The settings of the stage `questions`."""

from typing import Annotated, Literal

from pydantic import Field

from tabletutor.config.section import Section


class ProgramQuestionsConfig(Section):
    """The offline source of questions: typed programs generated from a table's profile."""

    per_table: dict[Literal["train", "validation", "test"], Annotated[int, Field(ge=0)]] = Field(
        default={"train": 80, "validation": 20, "test": 110},
        description="Maximum number of questions per table, by split.",
    )
    attempts_per_question: int = Field(default=6, ge=1, description="Candidate programs tried per requested question.")
    per_family: int = Field(
        default=6, ge=1, description="Maximum number of questions per family and table, times the weight of the family."
    )
    heldout_families: tuple[str, ...] = Field(
        default=(), description="Families used only on validation and test tables, besides held-out compositions."
    )
    heldout_compositions: float = Field(
        default=0.2,
        ge=0,
        lt=1,
        description="Share of the compositions (family, variant and conditions) used only on validation and test "
        "tables.",
    )
    heldout_wordings: float = Field(
        default=0.25,
        ge=0,
        lt=1,
        description="Share of each family's wordings used only on validation and test tables.",
    )
    heldout_share: float = Field(
        default=0.4,
        ge=0,
        le=1,
        description="Share of a validation or test table's questions with a held-out composition or wording.",
    )


class QuestionsConfig(Section):
    """The sources of questions."""

    program: ProgramQuestionsConfig = ProgramQuestionsConfig()
