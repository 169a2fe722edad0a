"""The settings of the stage `questions`."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tabletutor.config.section import FilePath, Name, Section

PerSplit = dict[Literal["train", "validation", "test"], Annotated[int, Field(ge=0)]]


class ProgramQuestionsConfig(Section):
    """The offline source of questions: typed programs generated from a table's profile."""

    per_table: PerSplit = Field(
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


class LlmQuestionsConfig(Section):
    """Questions that a language model asks after it has explored the table in the sandbox."""

    teacher: Name = Field(description="The teacher that explores and asks, one of `teachers`.")
    per_table: PerSplit = Field(
        default={"train": 20, "validation": 10, "test": 10},
        description="Maximum number of questions per table, by split.",
    )
    conversations: int = Field(default=4, ge=1, description="Explorations per table, each of other columns.")
    turns: int = Field(default=4, ge=1, description="Maximum number of cells that the model runs before it asks.")
    proposals: int = Field(default=8, ge=1, description="Questions that the model is asked for after an exploration.")
    temperatures: tuple[Annotated[float, Field(ge=0, le=2)], ...] = Field(
        default=(0.7, 1.0), min_length=1, description="Temperatures of the conversations, in turn."
    )
    proposal_tokens: int = Field(
        default=2048, ge=64, description="Maximum number of tokens of a message that proposes questions."
    )
    max_context: int = Field(default=8192, ge=128, description="Maximum number of tokens per conversation, if local.")
    near_duplicate: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="Similarity of two texts (0 to 1) from which one of the questions is a duplicate.",
    )
    no_data_control: bool = Field(
        default=True, description="Refuse questions that the model answers rightly without the table."
    )

    @model_validator(mode="after")
    def _room_for_an_exploration(self) -> Self:
        if self.max_context < self.proposal_tokens + 2048:
            raise ValueError(
                f"max_context is {self.max_context}; it must be at least {self.proposal_tokens + 2048}: "
                "proposal_tokens, and 2048 for the exploration and the request"
            )
        return self


class QuestionsConfig(Section):
    """The sources of questions."""

    program: ProgramQuestionsConfig = ProgramQuestionsConfig()
    llm: LlmQuestionsConfig | None = Field(default=None, description="A language model that asks; null: none.")
    pairs: dict[Name, FilePath] = Field(
        default={}, description="Your own questions and answers: for each table a CSV or JSON Lines file."
    )

    @property
    def folder(self) -> str:
        """The folder of the questions, episodes and verdicts of a project: `program` if there is no other source."""
        return "mixed" if self.llm or self.pairs else "program"
