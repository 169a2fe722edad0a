"""The body of a request to `/chat/completions`, and the response in its body."""

import json

import msgspec

from tabletutor.config.teachers import EndpointTeacherConfig
from tabletutor.records.record import decoder
from tabletutor.teachers.budget import Tokens
from tabletutor.teachers.chat import ChatRequest, ChatResponse, Choice, Finish

_CHARACTERS = 3  # per token, at most, in the estimate of a prompt's tokens; English and code have about four
_FINISH: dict[str | None, Finish] = {
    "stop": "stop",
    "tool_calls": "stop",
    "function_call": "stop",
    None: "stop",  # some servers name no reason
    "length": "length",
    "content_filter": "filtered",
}


class _Message(msgspec.Struct, gc=False):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct, gc=False):
    message: _Message
    finish_reason: str | None = None
    index: int = 0


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: int
    completion_tokens: int = 0


class _Completion(msgspec.Struct, gc=False):
    choices: list[_Choice]
    usage: _Usage | None = None


decoder(_Completion)  # so that several threads may convert to it


def request_body(request: ChatRequest, config: EndpointTeacherConfig) -> dict[str, object]:
    """Return the body of a request, without the fields that the endpoint does not accept by the settings."""
    sampling = request.sampling
    body: dict[str, object] = {
        "model": request.model,
        "messages": [{"role": message["role"], "content": message["content"]} for message in request.messages],
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        config.token_limit_field: sampling.max_tokens,
        "seed": sampling.seed,
    }
    if sampling.stop:
        body["stop"] = [*sampling.stop]
    if request.n > 1:
        body["n"] = request.n
    if request.schema is not None:
        schema = {"name": "answer", "schema": request.schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return {name: value for name, value in body.items() if name not in config.fields_not_sent}


def worst_case(request: ChatRequest) -> Tokens:
    """Return an estimate of the tokens that a request may use at most."""
    characters = sum(len(message["content"]) + 12 for message in request.messages)
    return Tokens(-(-characters // _CHARACTERS), request.n * request.sampling.max_tokens)


def read_completion(body: bytes, request: ChatRequest) -> ChatResponse:
    """Return the response in a body. Raises ValueError that says what is wrong if it is no valid completion.

    Tokens are estimated from the length of the texts if the server counts none.
    """
    try:
        completion = msgspec.convert(json.loads(body), _Completion)  # msgspec's own parser refuses half surrogate pairs
    except (msgspec.ValidationError, ValueError, RecursionError) as error:
        raise ValueError(f"{error}: {body[:200].decode(errors='replace')!r}") from error
    if not completion.choices:
        raise ValueError("no choices")
    unknown = [choice.finish_reason for choice in completion.choices if choice.finish_reason not in _FINISH]
    if unknown:
        raise ValueError(f"generation ended with finish_reason {unknown[0]!r}")
    ordered = sorted(completion.choices, key=lambda choice: choice.index)
    choices = tuple(_choice(choice.message, _FINISH[choice.finish_reason]) for choice in ordered)
    if completion.usage is None:
        characters = sum(len(choice.text) for choice in choices)
        return ChatResponse(choices, worst_case(request).prompt, -(-characters // _CHARACTERS))
    return ChatResponse(choices, completion.usage.prompt_tokens, completion.usage.completion_tokens)


def _choice(message: _Message, finish: Finish) -> Choice:
    if message.content is None and message.refusal:
        return Choice(message.refusal, "filtered")
    return Choice(_valid_text(message.content or ""), finish)


def _valid_text(text: str) -> str:
    """Return the text with U+FFFD for halves of surrogate pairs, which a model cut in a character may write."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
