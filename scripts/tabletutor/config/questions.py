"""The knobs of the stage `questions`."""

from typing import Annotated, Literal

from pydantic import Field

from tabletutor.config.section import Section


class ProgramQuestionsConfig(Section):
    """The offline source of questions: a typed grammar of programs over the profile."""

    per_table: dict[Literal["train", "validation", "test"], Annotated[int, Field(ge=0)]] = Field(
        default={"train": 80, "validation": 20, "test": 110},
        description="Questions kept for each table of a split, at most.",
    )
    attempts_per_question: int = Field(default=6, ge=1, description="Candidates tried for each question wanted.")
    per_family: int = Field(default=6, ge=1, description="Questions of one family for one table, at most.")
    heldout_families: tuple[str, ...] = Field(
        default=(), description="Families that occur on validation and test tables only."
    )
    heldout_wordings: float = Field(
        default=0.25,
        ge=0,
        lt=1,
        description="Share of each family's wordings that occur on validation and test tables only.",
    )
    heldout_share: float = Field(
        default=0.4,
        ge=0,
        le=1,
        description="Share of an evaluation table's questions that use a held-out family or wording.",
    )


class QuestionsConfig(Section):
    """Where questions come from."""

    program: ProgramQuestionsConfig = ProgramQuestionsConfig()
