"""Requests and errors of OpenAI's chat completions protocol, as far as a local model can answer them."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tabletutor.models.prompt import Message

# Fields that ask for nothing if they have one of these values. null asks for nothing in any field.
NEUTRAL: dict[str, tuple[object, ...]] = {
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logit_bias": ({},),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "modalities": (["text"],),
    "response_format": ({"type": "text"},),
    "store": (False,),
    "tool_choice": ("none", "auto"),  # "auto" chooses among `tools`, of which there are none
    "tools": ([],),
}
# Fields that never change an answer, whatever their value.
WITHOUT_EFFECT = (
    "metadata",
    "parallel_tool_calls",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "user",
)


class RequestError(Exception):
    """A request that cannot be answered, with the HTTP status and the fields of the error body."""

    def __init__(self, message: str, param: str | None = None, code: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.param, self.code, self.status = param, code, status

    def body(self) -> dict[str, object]:
        """Return the body of the response, as JSON types."""
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        return {"error": {"message": str(self), "type": kind, "param": self.param, "code": self.code}}


def _joined(content: object) -> object:
    """Return content given as a list of text parts as one text, a line for each part."""
    if not isinstance(content, list):
        return content
    texts: list[str] = []
    for part in cast("list[Any]", content):
        if not (isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)):
            raise ValueError("should be a string or a list of parts of type text; the model reads nothing else")
        texts.append(part["text"])
    return "\n".join(texts)


def _listed(stop: object) -> object:
    return [stop] if isinstance(stop, str) else stop


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class ChatMessage(_Part):
    """A message. A role of `developer` is read as `system`."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[str, BeforeValidator(_joined)]


class StreamOptions(_Part):
    """Options of a stream; with `include_usage` its last event has the numbers of tokens."""

    include_usage: bool = False
    include_obfuscation: bool = False  # pads pieces against observers of an encrypted connection; there is none


class ChatCompletionRequest(_Part):
    """The fields of a request that are supported."""

    model: str
    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    temperature: Annotated[float, Field(ge=0, le=2)] = 1.0
    top_p: Annotated[float, Field(ge=0, le=1)] = 1.0
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    stop: Annotated[list[Annotated[str, Field(min_length=1)]], BeforeValidator(_listed), Field(max_length=16)] = []
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    n: Annotated[int, Field(ge=1, le=128)] = 1
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()

    @property
    def conversation(self) -> list[Message]:
        """The messages as the chat template takes them."""
        return [
            {"role": "system" if message.role == "developer" else message.role, "content": message.content}
            for message in self.messages
        ]

    @property
    def limit(self) -> int | None:
        """The maximum number of tokens of a reply; None: as many as the context holds."""
        return self.max_completion_tokens or self.max_tokens


def parse_request(body: bytes) -> ChatCompletionRequest:
    """Return the request in the body of an HTTP request.

    Raises RequestError that names the first field that is wrong, unknown, or asks for something that would change the
    answer but is not supported.
    """
    try:
        raw: object = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestError(f"the body is not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise RequestError("the body must be a JSON object")
    fields = _effective(cast("dict[str, object]", raw))
    known = ChatCompletionRequest.model_fields
    for name, value in fields.items():
        if name not in known:
            raise RequestError(
                f"{name} = {_short(value)} is not supported here; leave it out", name, "unsupported_parameter"
            )
    if isinstance(messages := fields.get("messages"), list):
        fields["messages"] = [
            _present(cast("dict[str, object]", message)) if isinstance(message, dict) else message
            for message in cast("list[object]", messages)
        ]
    try:
        return ChatCompletionRequest.model_validate(fields)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        param = _param(fault["loc"])
        message = str(fault["msg"]).removeprefix("Value error, ").replace("Input should", "should")
        missing = fault["type"] == "missing"
        raise RequestError(
            f"{param}: {message}" + ("" if missing else f", not {_short(fault['input'])}"),
            param,
            "missing_required_parameter" if missing else "invalid_value",
        ) from error


def _effective(raw: Mapping[str, object]) -> dict[str, object]:
    """Return the fields that ask for something."""
    return {
        name: value
        for name, value in raw.items()
        if value is not None and name not in WITHOUT_EFFECT and value not in NEUTRAL.get(name, ())
    }


def _present(message: Mapping[str, object]) -> dict[str, object]:
    """Return a message without empty fields, which clients send when they repeat a reply (`"tool_calls": null`)."""
    return {
        name: value
        for name, value in message.items()
        if name in ("role", "content") or (value is not None and value != [])
    }


def _param(location: Sequence[int | str]) -> str:
    """Return a location as OpenAI's errors write it: `messages[0].content`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).removeprefix(".")


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 60 else text[:57] + "..."


class Usage(NamedTuple):
    """Numbers of tokens: of the prompt, and of all replies to it together."""

    prompt: int
    replies: int

    def body(self) -> dict[str, int]:
        """Return the numbers as the protocol names them."""
        prompt, replies = self
        return {"prompt_tokens": prompt, "completion_tokens": replies, "total_tokens": prompt + replies}


def completion(head: Mapping[str, object], choices: Sequence[tuple[str, str]], usage: Usage) -> dict[str, object]:
    """Return the body of a response: `head` (id, time, model), and the text and finish reason of each choice."""
    return {
        **head,
        "object": "chat.completion",
        "choices": [
            {
                "index": index,
                "message": {"role": "assistant", "content": text, "refusal": None},
                "logprobs": None,
                "finish_reason": finish,
            }
            for index, (text, finish) in enumerate(choices)
        ],
        "usage": usage.body(),
    }


def chunk(
    head: Mapping[str, object], index: int, delta: Mapping[str, str], finish: str | None = None
) -> dict[str, object]:
    """Return one event of a stream: the next piece of a choice."""
    choice = {"index": index, "delta": dict(delta), "logprobs": None, "finish_reason": finish}
    return {**head, "object": "chat.completion.chunk", "choices": [choice]}
