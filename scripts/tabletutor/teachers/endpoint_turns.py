"""Turns that a model behind an endpoint generates: one request per turn, as many at once as the endpoint allows."""

from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, Protocol

from tabletutor.config.teachers import EndpointTeacherConfig
from tabletutor.models.prompt import Message
from tabletutor.students.rollout import FinishedTurn, Opening
from tabletutor.teachers.chat import ChatRequest, ChatResponse, Sampling

UNLIMITED = 2**31  # tokens; the endpoint knows its own limit
SEEDS = 2**31


class Submits(Protocol):
    """Takes requests and answers them later."""

    def submit(self, request: ChatRequest) -> Future[ChatResponse]:
        """Return the future response to a request."""
        ...


class EndpointTurns:
    """The `TurnGenerator` of an endpoint. Each turn is a request with the whole conversation so far."""

    def __init__(
        self, endpoint: Submits, config: EndpointTeacherConfig, temperature: float, max_tokens: int | None = None
    ) -> None:
        """`max_tokens` of a turn are those of the configuration unless given."""
        self._endpoint = endpoint
        self._config = config
        self._temperature = temperature
        self._max_tokens = max_tokens or config.sampling.max_tokens
        self._schemas: dict[int, dict[str, Any] | None] = {}
        self._messages: dict[int, list[Message]] = {}
        self._seeds: dict[int, int] = {}
        self._open: dict[Future[ChatResponse], int] = {}
        self._full = set[int]()

    def begin(self, openings: Mapping[int, Opening]) -> None:
        """Add these conversations. The seed of all requests of a conversation comes from its own source."""
        for key, opening in openings.items():
            self._messages[key] = list(opening.messages)
            self._seeds[key] = opening.source.randrange(SEEDS)
            self._schemas[key] = opening.schema

    def feed(self, keys: Sequence[int]) -> None:
        """Ask for the next turn of these conversations."""
        for key in keys:
            self._open[self._endpoint.submit(self._request(key))] = key

    def finished(self, wanted: int) -> list[FinishedTurn]:
        """Return the turns that have arrived, by key; wait for the first if there is none.

        `wanted` is ignored: a turn's cell runs while others are still being generated. A conversation that has become
        too long for the endpoint gets an empty turn and has no room for another.

        Raises what a request raised.
        """
        done, _ = wait(self._open, return_when=FIRST_COMPLETED)
        turns: list[FinishedTurn] = []
        for future in done:
            key = self._open.pop(future)
            response = future.result()
            text, finish = response.choices[0].text, response.choices[0].finish
            if finish == "too_long":
                self._full.add(key)
            self._messages[key].append({"role": "assistant", "content": text})
            turns.append(FinishedTurn(key, text, response.completion_tokens))
        return sorted(turns)

    def observe(self, key: int, reply: Message) -> None:
        """Append the reply to a turn."""
        self._messages[key].append(reply)

    def room(self, key: int) -> int:
        """Return 0 after the endpoint has refused the conversation as too long, until then a large number."""
        return 0 if key in self._full else UNLIMITED

    def end(self, key: int) -> None:
        """Forget a conversation."""
        del self._messages[key]

    def _request(self, key: int) -> ChatRequest:
        sampling = self._config.sampling
        return ChatRequest(
            model=self._config.model,
            revision=self._config.revision,
            messages=tuple(self._messages[key]),
            sampling=Sampling(
                temperature=self._temperature,
                top_p=sampling.top_p,
                max_tokens=self._max_tokens,
                seed=self._seeds[key],
            ),
            schema=self._schemas[key],
        )
