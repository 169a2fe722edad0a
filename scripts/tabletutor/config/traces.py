"""The settings of traces by language models: who answers, how often, and which questions are read."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tabletutor.config.section import EXECUTION_ONLY, Name, Section

Level = Literal["easy", "medium", "hard"]
PerDifficulty = dict[Level, Annotated[int, Field(ge=1)]]


class TracesConfig(Section):
    """A language model answers questions from their text alone, several times. Where it agrees with the answer, the
    question says what it means.
    """

    teacher: Name | None = Field(default=None, description="A teacher of `teachers`; null: no language model answers.")
    gold_teacher: Name | None = Field(
        default=None, description="The teacher that answers with the hint; null: the same one."
    )
    read_share: float = Field(
        default=1.0, ge=0, le=1, description="Share of the program questions that are read. All others always are."
    )
    first: PerDifficulty = Field(
        default={"easy": 2, "medium": 3, "hard": 3}, description="Independent traces to start with, by difficulty."
    )
    cap: PerDifficulty = Field(
        default={"easy": 5, "medium": 5, "hard": 7},
        description="Maximum number of independent traces, by difficulty. Traces are added until the vote is settled.",
    )
    temperatures: tuple[Annotated[float, Field(ge=0, le=2)], ...] = Field(
        default=(0.3, 0.7, 1.0), min_length=1, description="Temperatures of the independent traces, in turn."
    )
    max_turns: int = Field(default=6, ge=1, description="Turns to submit an answer.")
    max_context: int = Field(default=4096, ge=128, description="Maximum number of tokens per conversation, if local.")
    batch_size: int = Field(default=32, ge=1, description="Conversations that are worked on together.")
    threads: int = Field(
        default=2, ge=1, json_schema_extra=EXECUTION_ONLY, description="Threads of a local teacher's decoder."
    )

    @model_validator(mode="after")
    def _every_difficulty(self) -> Self:
        for name in ("first", "cap"):
            given: PerDifficulty = getattr(self, name)
            if missing := {"easy", "medium", "hard"} - set(given):
                raise ValueError(f"{name} needs a number for {', '.join(sorted(missing))}")
        for level in self.first:
            if self.first[level] > self.cap[level]:
                raise ValueError(
                    f"first.{level} is {self.first[level]}, but cap.{level} is {self.cap[level]}; raise it"
                )
        return self
