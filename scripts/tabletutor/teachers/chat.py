"""Requests to a chat model and its responses, as records. They hold no key, address or time, so they can be shared."""

from typing import Literal

from msgspec import structs

from tabletutor.models.prompt import Message
from tabletutor.records.identity import digest
from tabletutor.records.record import Record

Finish = Literal["stop", "length", "filtered", "too_long"]


class Sampling(Record, frozen=True):
    """The choice of tokens. `seed` is passed on to endpoints that accept one, and makes repeated requests different."""

    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 512
    stop: tuple[str, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        structs.force_setattr(self, "temperature", float(self.temperature))  # 0 and 0.0 are different JSON
        structs.force_setattr(self, "top_p", float(self.top_p))


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
        """The digest of everything in the request.

        A later field must enter it only where its value is not the default, so that published cassettes stay valid.
        """
        messages = [(message["role"], message["content"]) for message in self.messages]
        return digest(self.model, self.revision, messages, structs.asdict(self.sampling), self.schema, self.n)


class Choice(Record, frozen=True):
    """One message of the model, and why it ended. It is empty if the conversation was too long for the model."""

    text: str
    finish: Finish


class ChatResponse(Record, frozen=True):
    """The model's messages, and the tokens that the endpoint counted."""

    choices: tuple[Choice, ...]
    prompt_tokens: int
    completion_tokens: int
