"""The knobs of the stage `evaluation`."""

from pydantic import Field

from tabletutor.config.section import HOW, Section


class SamplingConfig(Section):
    """Answers that are drawn and not the likeliest."""

    samples: int = Field(default=4, ge=1, description="Attempts at each question.")
    temperature: float = Field(default=0.8, gt=0)


class EvaluationConfig(Section):
    """How students answer."""

    batch_size: int = Field(default=32, ge=1, description="Conversations decoded together, by one thread.")
    max_new_tokens: int = Field(default=160, ge=8, description="Tokens of one turn, at most.")
    turn_limit: int = Field(default=5, ge=1, description="Turns a student has to submit an answer.")
    max_context: int = Field(
        default=1536, ge=128, description="Tokens of a conversation, at most; beyond it the turn limit counts as met."
    )
    threads: int = Field(
        default=2,
        ge=1,
        json_schema_extra=HOW,
        description="Groups of conversations decoded at once; no part of the result.",
    )
    limit_per_table: int | None = Field(default=None, ge=1, description="Questions of a table, at most; None asks all.")
