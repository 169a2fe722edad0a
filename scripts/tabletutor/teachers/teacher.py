"""A model behind an endpoint, which answers from a cassette first, and records new responses before it returns them."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tabletutor.config.teachers import EndpointTeacherConfig
from tabletutor.teachers.budget import Budget
from tabletutor.teachers.cassette import Cassette, Entry, entry_of
from tabletutor.teachers.chat import ChatRequest, ChatResponse, Choice
from tabletutor.teachers.errors import CassetteMiss, EndpointRefused, TeacherClosed
from tabletutor.teachers.nearest_request import miss_message
from tabletutor.teachers.usage import Usage

if TYPE_CHECKING:
    from tabletutor.teachers.endpoint import Endpoint


class EndpointTeacher:
    """An asynchronous context manager over one model. Belongs to one event loop; all its requests share the limits.

    At the end of the context, requests in flight finish and are recorded, and the cassette is sorted.
    """

    def __init__(self, config: EndpointTeacherConfig, cassette: Path) -> None:
        """`cassette` is the file of recorded responses. Raises ValueError if it exists and is none."""
        self._config = config
        self._cassette = Cassette(cassette) if config.cassette != "live" else None
        self._budget = Budget(config.budget)
        self._endpoint: Endpoint | None = None
        self._open: dict[str, asyncio.Task[ChatResponse]] = {}
        self._unwritten: list[tuple[Entry, asyncio.Future[ChatResponse]]] = []
        self._writer: asyncio.Task[None] | None = None
        self._served = 0
        self._recorded = False
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        if self._endpoint is not None:
            self._endpoint.close()
            await asyncio.gather(*self._open.values(), return_exceptions=True)
            await self._endpoint.release()
        if self._cassette is not None and self._recorded:
            await asyncio.to_thread(self._cassette.compact)

    async def complete(self, request: ChatRequest) -> ChatResponse:
        """Return the response to a request: the recorded one, or a new one, which is recorded first.

        Equal requests at the same time are sent once. A caller that is cancelled does not stop the request, which may
        be paid for already. Raises TeacherError, or OSError if the response cannot be recorded.
        """
        if self._cassette is not None and (recorded := self._cassette.get(request)) is not None:
            self._served += 1
            return recorded
        if self._cassette is not None and self._config.cassette == "replay":
            message = miss_message(request, (entry.request for entry in self._cassette))
            raise CassetteMiss(
                f"{self._cassette.path}: {message}. Set the teacher's `cassette` to record and have a key to ask the "
                "model, or use the settings and tables with which it was recorded"
            )
        task = self._open.get(key := request.key)
        if task is None:
            if self._closed:
                raise TeacherClosed(f"{self._config.model}: the teacher was closed; send requests inside its context")
            task = self._open[key] = asyncio.create_task(self._fetch(request))
            task.add_done_callback(lambda done: self._forget(key, done))
        return await asyncio.shield(task)

    @property
    def usage(self) -> Usage:
        """The counts so far."""
        endpoint, budget = self._endpoint, self._budget
        return Usage(
            requests=budget.requests,
            retries=endpoint.retries if endpoint else 0,
            prompt_tokens=budget.used.prompt,
            completion_tokens=budget.used.completion,
            cost=budget.cost,
            served=self._served,
            incidents=dict(endpoint.incidents) if endpoint else {},
        )

    async def _fetch(self, request: ChatRequest) -> ChatResponse:
        if self._endpoint is None:
            from tabletutor.teachers.endpoint import Endpoint  # a replay needs neither the client nor a key

            self._endpoint = Endpoint(self._config, self._budget)
        try:
            response = await self._endpoint.send(request)
        except EndpointRefused as refused:
            if not refused.is_too_long:
                raise
            response = ChatResponse((Choice("", "too_long"),), 0, 0)  # recorded, so that a replay ends there too
        return response if self._cassette is None else await self._record(self._cassette, entry_of(request, response))

    def _forget(self, key: str, done: asyncio.Task[ChatResponse]) -> None:
        del self._open[key]
        if not done.cancelled():
            done.exception()  # if all callers were cancelled, nobody else asks for it

    async def _record(self, cassette: Cassette, entry: Entry) -> ChatResponse:
        """Append an entry, together with others that wait, because a disk syncs only some hundred times per second."""
        written: asyncio.Future[ChatResponse] = asyncio.get_running_loop().create_future()
        self._unwritten.append((entry, written))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write(cassette))
        return await written

    async def _write(self, cassette: Cassette) -> None:
        while self._unwritten:
            batch, self._unwritten = self._unwritten, []
            try:
                responses = await asyncio.to_thread(cassette.put, [entry for entry, _ in batch])
                self._recorded = True
            except (OSError, ValueError) as error:
                for _, written in batch:
                    written.set_exception(error)
            else:
                for (_, written), response in zip(batch, responses, strict=True):
                    written.set_result(response)
