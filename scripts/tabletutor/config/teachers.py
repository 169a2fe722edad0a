"""The settings of teachers: language models that ask and answer questions."""

from typing import Annotated, Literal

from pydantic import Field

from tabletutor.config.section import EXECUTION_ONLY, FilePath, Name, Section

# The prompt of a conversation: instructions for a language model, or the short one that students are trained with.
Prompt = Annotated[
    Literal["teacher", "student"],
    Field(description="teacher: with instructions; student: the prompt that students are trained with."),
]


class BudgetConfig(Section):
    """Limits of one job's requests. A job that reaches one stops; the same command continues with a larger budget."""

    max_requests: int | None = Field(default=None, ge=1, description="Maximum number of requests, retries included.")
    max_tokens: int | None = Field(default=None, ge=1, description="Maximum number of tokens, of prompts and answers.")
    max_cost: float | None = Field(default=None, gt=0, description="Maximum cost, in the currency of the prices.")
    price_per_million_prompt_tokens: float = Field(default=0.0, ge=0)
    price_per_million_completion_tokens: float = Field(default=0.0, ge=0)


class SamplingConfig(Section):
    """How a teacher chooses tokens."""

    temperature: float = Field(default=0.7, ge=0, le=2)
    top_p: float = Field(default=1.0, gt=0, le=1)
    max_tokens: int = Field(default=512, ge=1, description="Maximum number of tokens of one message.")


class EndpointTeacherConfig(Section):
    """A model behind an OpenAI-compatible endpoint: a hosted API, vLLM, llama.cpp, Ollama, or `tabletutor serve`.

    The key is read from an environment variable and written nowhere.
    """

    teacher: Literal["openai"]
    model: str = Field(min_length=1, description="The model's name at the endpoint.")
    revision: str = Field(default="", description="A version of the model, if its name can mean several over time.")
    base_url: str = Field(
        default="https://api.openai.com/v1",
        pattern=r"^https?://[^\s@]+$",
        json_schema_extra=EXECUTION_ONLY,
        description="Address of the endpoint, without key or password.",
    )
    key_variable: str = Field(
        default="OPENAI_API_KEY",
        pattern=r"^[A-Z][A-Z0-9_]*$",
        json_schema_extra=EXECUTION_ONLY,
        description="Name of the environment variable that holds the key. It may be unset for a local server.",
    )
    prompt: Prompt = "teacher"
    sampling: SamplingConfig = SamplingConfig()
    cassette: Literal["record", "replay", "live"] = Field(
        default="record",
        json_schema_extra=EXECUTION_ONLY,
        description="record: serve recorded responses, and record new ones; replay: recorded ones only; live: neither.",
    )
    concurrency: int = Field(default=8, ge=1, json_schema_extra=EXECUTION_ONLY, description="Requests open at once.")
    requests_per_minute: int | None = Field(default=None, ge=1, json_schema_extra=EXECUTION_ONLY)
    tokens_per_minute: int | None = Field(default=None, ge=1, json_schema_extra=EXECUTION_ONLY)
    timeout_seconds: float = Field(default=120.0, gt=0, json_schema_extra=EXECUTION_ONLY)
    max_retries: int = Field(
        default=8, ge=0, json_schema_extra=EXECUTION_ONLY, description="Retries of one request after passing failures."
    )
    budget: BudgetConfig = Field(default=BudgetConfig(), json_schema_extra=EXECUTION_ONLY)


class LocalTeacherConfig(Section):
    """A base model, or a student that an earlier project trained on it, decoded in the job itself."""

    teacher: Literal["local"]
    model: Name = Field(description="A base model of `models`; not one with random weights.")
    checkpoint: FilePath | None = Field(
        default=None, description="Checkpoint folder of a run of another project, which was trained on the model."
    )
    prompt: Prompt = "teacher"
    sampling: SamplingConfig = SamplingConfig()


TeacherConfig = Annotated[EndpointTeacherConfig | LocalTeacherConfig, Field(discriminator="teacher")]
