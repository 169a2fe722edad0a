"""The settings of the stage `evaluation`."""

from pydantic import Field

from tabletutor.config.section import EXECUTION_ONLY, Section


class SamplingConfig(Section):
    """Sample several attempts instead of decoding greedily."""

    samples: int = Field(default=4, ge=1, description="Attempts per question.")
    temperature: float = Field(default=0.8, gt=0, description="Sampling temperature.")


class EvaluationConfig(Section):
    """Settings of students, which answer questions."""

    batch_size: int = Field(default=32, ge=1, description="Conversations that one thread decodes together.")
    max_new_tokens: int = Field(default=160, ge=8, description="Maximum number of tokens per turn.")
    max_turns: int = Field(default=5, ge=1, description="Turns a student has to submit an answer.")
    max_context: int = Field(
        default=1536,
        ge=128,
        description="Maximum number of tokens per conversation, with its worked examples; a longer one ends as at the "
        "turn limit.",
    )
    threads: int = Field(
        default=2,
        ge=1,
        json_schema_extra=EXECUTION_ONLY,
        description="Groups of conversations decoded in parallel; does not affect results.",
    )
    limit_per_table: int | None = Field(
        default=None, ge=1, description="Maximum number of questions per table; null asks all."
    )
