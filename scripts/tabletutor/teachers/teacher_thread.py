"""A teacher for threads: its event loop runs in a thread of its own."""

import asyncio
import threading
from concurrent.futures import Future, wait
from pathlib import Path
from types import TracebackType
from typing import Self

from tabletutor.config.teachers import EndpointTeacherConfig
from tabletutor.teachers.chat import ChatRequest, ChatResponse
from tabletutor.teachers.errors import TeacherClosed
from tabletutor.teachers.teacher import EndpointTeacher
from tabletutor.teachers.usage import Usage


class TeacherThread:
    """A context manager over an `EndpointTeacher`. Any thread may submit requests."""

    def __init__(self, config: EndpointTeacherConfig, cassette: Path) -> None:
        """As for `EndpointTeacher`."""
        self._model = config.model
        self._teacher = EndpointTeacher(config, cassette)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"teacher {config.model}", daemon=True)
        self._gate = threading.Lock()  # nothing is submitted to a loop that has stopped
        self._closed = False
        self._submitted: set[Future[ChatResponse]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._gate:
            self._closed = True
        try:
            asyncio.run_coroutine_threadsafe(self._teacher.__aexit__(kind, error, trace), self._loop).result()
            wait(self._submitted.copy())  # every future has its result before the loop stops
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def submit(self, request: ChatRequest) -> Future[ChatResponse]:
        """Send a request and return the future of its response, as `EndpointTeacher.complete`.

        Raises TeacherClosed if the context has ended.
        """
        with self._gate:
            if self._closed:
                raise TeacherClosed(f"{self._model}: the teacher was closed; submit requests inside its context")
            future = asyncio.run_coroutine_threadsafe(self._teacher.complete(request), self._loop)
            self._submitted.add(future)
        future.add_done_callback(self._submitted.discard)
        return future

    @property
    def usage(self) -> Usage:
        """The counts so far."""
        return self._teacher.usage
