"""The settings of teachers: language models that ask and answer questions."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

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
    price_per_million_prompt_tokens: float = Field(
        default=0.0, ge=0, description="Price of a million tokens of prompts, in any currency."
    )
    price_per_million_completion_tokens: float = Field(
        default=0.0, ge=0, description="Price of a million tokens of answers, in the same currency."
    )

    @model_validator(mode="after")
    def _prices(self) -> Self:
        if self.max_cost is not None and not (
            self.price_per_million_prompt_tokens or self.price_per_million_completion_tokens
        ):
            raise ValueError("max_cost needs a price: set price_per_million_prompt_tokens or _completion_tokens")
        return self


class SamplingConfig(Section):
    """The sampling of a teacher's tokens."""

    temperature: float = Field(default=0.7, ge=0, le=2, description="0 always chooses the most probable token.")
    top_p: float = Field(
        default=1.0, gt=0, le=1, description="Only the most probable tokens that together have this probability."
    )
    max_tokens: int = Field(default=512, ge=1, description="Maximum number of tokens of one message.")


class EndpointTeacherConfig(Section):
    """A model behind an OpenAI-compatible endpoint: a hosted API, vLLM, llama.cpp, Ollama, or `tabletutor serve`.

    The key is read from an environment variable and written nowhere.
    """

    teacher: Literal["openai"] = Field(description="openai: a model behind an OpenAI-compatible endpoint.")
    model: str = Field(min_length=1, description="The model's name at the endpoint.")
    revision: str = Field(default="", description="A version of the model, if its name can mean several over time.")
    base_url: str = Field(
        default="https://api.openai.com/v1",
        pattern=r"^https?://[^\s@?#]+$",
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
    sampling: SamplingConfig = Field(default=SamplingConfig(), description="How the model chooses tokens.")
    token_limit_field: Literal["max_tokens", "max_completion_tokens"] = Field(
        default="max_tokens",
        json_schema_extra=EXECUTION_ONLY,
        description="Name of the limit of an answer's tokens in requests. OpenAI's newer models need the second.",
    )
    fields_not_sent: tuple[Literal["temperature", "top_p", "seed", "stop", "response_format"], ...] = Field(
        default=(), description="Fields of requests that the endpoint does not accept."
    )
    cassette: Literal["record", "replay", "live"] = Field(
        default="record",
        json_schema_extra=EXECUTION_ONLY,
        description="record serves recorded responses and records new ones, replay only serves recorded ones, "
        "live does neither.",
    )
    concurrency: int = Field(default=8, ge=1, json_schema_extra=EXECUTION_ONLY, description="Requests open at once.")
    requests_per_minute: int | None = Field(
        default=None, ge=1, json_schema_extra=EXECUTION_ONLY, description="Limit of requests, retries included."
    )
    tokens_per_minute: int | None = Field(
        default=None, ge=1, json_schema_extra=EXECUTION_ONLY, description="Limit of tokens, of prompts and answers."
    )
    timeout_seconds: float = Field(
        default=120.0, gt=0, json_schema_extra=EXECUTION_ONLY, description="Time for one attempt of a request."
    )
    max_retries: int = Field(
        default=8, ge=0, json_schema_extra=EXECUTION_ONLY, description="Retries of one request after passing failures."
    )
    first_wait_seconds: float = Field(
        default=0.5,
        gt=0,
        json_schema_extra=EXECUTION_ONLY,
        description="Time before the first retry; it doubles with each further one, and up to half is random.",
    )
    longest_wait_seconds: float = Field(
        default=60.0,
        gt=0,
        json_schema_extra=EXECUTION_ONLY,
        description="Longest time before a retry, also if the endpoint asks for a longer one (Retry-After).",
    )
    budget: BudgetConfig = Field(
        default=BudgetConfig(), json_schema_extra=EXECUTION_ONLY, description="Limits of what one job may use."
    )


class LocalTeacherConfig(Section):
    """A base model, or a student that an earlier project trained on it, decoded in the job itself."""

    teacher: Literal["local"] = Field(description="local: a model decoded in the job itself.")
    model: Name = Field(description="A base model of `models`; not one with random weights.")
    checkpoint: FilePath | None = Field(
        default=None, description="Checkpoint folder of a run of another project, which was trained on the model."
    )
    prompt: Prompt = "teacher"
    sampling: SamplingConfig = Field(default=SamplingConfig(), description="How the model chooses tokens.")


TeacherConfig = Annotated[EndpointTeacherConfig | LocalTeacherConfig, Field(discriminator="teacher")]
