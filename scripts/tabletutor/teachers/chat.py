"""Requests to a chat model and its responses, as records. They hold no key, address or time, so they can be shared."""

from typing import Literal

import msgspec

from tabletutor.models.prompt import Message
from tabletutor.records.identity import digest
from tabletutor.records.record import Record

Finish = Literal["stop", "length", "filtered"]


class Sampling(Record, frozen=True):
    """How tokens are chosen. `seed` is passed on to endpoints that accept one, and tells repeated requests apart."""

    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 512
    stop: tuple[str, ...] = ()
    seed: int = 0


class ChatRequest(Record, frozen=True):
    """A request for `n` next messages of a conversation. `revision` names the version of the model, if it has one.

    `schema` is a JSON Schema that the answer must fit (`response_format` of the protocol), or None for free text.
    """

    model: str
    messages: tuple[Message, ...]
    revision: str = ""
    sampling: Sampling = Sampling()
    schema: dict[str, object] | None = None
    n: int = 1

    @property
    def key(self) -> str:
        """The digest of everything in the request."""
        return digest(msgspec.to_builtins(self))


class Choice(Record, frozen=True):
    """One message of the model, and why it ended."""

    text: str
    finish: Finish


class ChatResponse(Record, frozen=True):
    """The model's messages, and the tokens that the endpoint counted."""

    choices: tuple[Choice, ...]
    prompt_tokens: int
    completion_tokens: int
