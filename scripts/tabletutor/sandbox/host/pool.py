"""The host side of a sandbox: one warm parent with a table, and its sessions."""

import secrets
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from loguru import logger

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.records.episode import IncidentCause
from tabletutor.sandbox.host.incident import Incident, RecordIncident, cell_digest, escape
from tabletutor.sandbox.host.memory import Guard, Unbounded
from tabletutor.sandbox.host.process import ProcessBackend
from tabletutor.sandbox.host.required_layers import LAYERS, require_layers
from tabletutor.sandbox.host.session import SandboxError, Session
from tabletutor.sandbox.host.slots import CONTAINERS, Slot, acquire
from tabletutor.sandbox.protocol.frames import (
    ANSWER_SECONDS,
    Channel,
    DeadlineError,
    Hello,
    ProtocolError,
    Ready,
    StreamEnd,
)

_MAX_GREETING = 1 << 16
SCIPY_WORDS = ("scipy", "spearman", "kendall")  # in cells that import scipy.stats, some through pandas


class Backend(Protocol):
    """Runs a warm parent, as a process or in a container."""

    def open(self, session: int, *, scipy: bool) -> Channel:
        """Open a session, with scipy.stats imported if `scipy`, and return its channel.

        Raises ProtocolError or DeadlineError if the warm parent fails, OSError if it cannot fork a session now.
        """
        ...

    def guard(self, channel: Channel) -> Guard:
        """Limit the session of a channel on which Hello was sent. Raises OSError if refused."""
        ...

    def end(self, session: int) -> int | None:
        """Kill a session; return its wait status, or None if unknown. Raises ProtocolError or DeadlineError."""
        ...

    def close(self) -> str:
        """End the warm parent with all its sessions; return the end of its output."""
        ...


@dataclass(frozen=True)
class _Prepared:
    """A session that is open, locked down and limited, and has not run any cell."""

    number: int
    channel: Channel
    ready: Ready
    guard: Guard


class Sandbox:
    """A warm parent with one table loaded, or none. Several threads may open and use sessions at once.

    `layers` are the layers of protection that passed their self-tests when the warm parent started. `incidents` are
    those of all sessions so far; each is also logged.
    """

    def __init__(self, parquet: Path | None, config: SandboxConfig, slot: Slot | None = None) -> None:
        """`slot` permits one container. The sandbox holds it until it closes, even if a lost container is replaced."""
        self._parquet = parquet
        self._slot = slot
        self.config = config
        self.layers: tuple[str, ...] = ()
        self.incidents: list[Incident] = []
        self._refused: dict[str, str] = {}
        self._session_lock = threading.Lock()  # held to open sessions
        self._parent_lock = threading.Lock()  # held to talk to the warm parent
        self._backend: Backend | None = None
        self._spare: Future[_Prepared] | None = None
        self._executor: ThreadPoolExecutor | None = None  # prepares sessions while the sandbox is open
        self._session_count = 0
        self._uses_scipy = False  # whether a cell has used scipy: sessions opened from then on have it imported

    def __enter__(self) -> Self:
        with self._session_lock:
            self._executor = ThreadPoolExecutor(1, "sandbox")
            try:
                self._start(self._executor)
            except BaseException:
                self._close()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._session_lock:
            self._close()

    def session(self, question: str = "") -> Session:
        """Return a new session. Its incidents are recorded with `question`, a question's id.

        One session is always prepared in advance. A lost warm parent is replaced once, with a log message. Raises
        SandboxError if no session can be opened.
        """
        with self._session_lock:
            executor = self._executor
            if executor is None:
                raise SandboxError("the sandbox is not open; use it in a `with` statement")
            try:
                try:
                    return self._take_session(executor, question)
                except (ProtocolError, DeadlineError) as error:
                    logger.warning("sandbox: the warm parent is lost ({}); starting a new one\n{}", error, self._stop())
                    self._start(executor)
                    return self._take_session(executor, question)
                except OSError as error:
                    logger.warning("sandbox: cannot open a session ({}); trying once more", error)
                    return self._take_session(executor, question)
            except (OSError, ValueError, ProtocolError, DeadlineError) as error:
                raise SandboxError(f"cannot open a session: {error}") from error

    def _start(self, executor: ThreadPoolExecutor) -> None:
        name = "no table" if self._parquet is None else str(self._parquet)
        try:
            if self.config.backend == "docker" and self._slot is None:
                self._slot = acquire(CONTAINERS, self.config.max_containers)
            self._backend = _make_backend(self._parquet, self.config)
            self._test_layers(self._backend)
            self._spare = executor.submit(self._prepare, self._backend)
        except (ProtocolError, DeadlineError) as error:
            notes = "\n".join([*getattr(error, "__notes__", ()), self._stop()])
            raise SandboxError(f"the warm parent for {name} did not start: {error}\n{notes}") from error
        except BaseException:
            self._stop()
            raise

    def _close(self) -> None:
        self._stop()
        if self._executor is not None:
            self._executor.shutdown()
            self._executor = None
        if self._slot is not None:
            self._slot.release()
            self._slot = None

    def _stop(self) -> str:
        """End the warm parent; return the end of its output."""
        spare, self._spare = self._spare, None
        if spare is not None and spare.exception() is None:
            self._discard(spare.result())
        backend, self._backend = self._backend, None
        return "" if backend is None else backend.close()

    def _test_layers(self, backend: Backend) -> None:
        """Let a first session test its layers. Raises SandboxError if a required layer does not stand."""
        tested = self._open_session(backend, test=True)
        missing = dict(tested.ready.missing)
        if isinstance(tested.guard, Unbounded):
            missing["memory-bound"] = tested.guard.reason
        self._kill(backend, tested.number)
        self._discard(tested)
        self._refused = tested.ready.refused
        self.layers = tuple(layer for layer in LAYERS if layer not in missing)
        require_layers(self.config, missing, self._refused)

    def _take_session(self, executor: ThreadPoolExecutor, question: str) -> Session:
        """Return the prepared session and start preparing the next one, even if this one failed.

        Raises ProtocolError or DeadlineError if the warm parent is lost, OSError if only this session failed.
        """
        if self._backend is None or self._spare is None:  # it was lost, and its replacement did not start
            self._start(executor)
        backend, spare = self._backend, self._spare
        if backend is None or spare is None:
            raise StreamEnd("there is no warm parent")
        try:
            prepared = spare.result()
        finally:
            self._spare = executor.submit(self._prepare, backend)
        if not prepared.channel.is_quiet():
            self._discard(prepared)
            raise StreamEnd("the prepared session is gone")
        kill, record_incident = partial(self._kill, backend), self._incident_recorder(question)
        return Session(
            kill=kill,
            record_incident=record_incident,
            config=self.config,
            number=prepared.number,
            nonce=prepared.ready.nonce,
            channel=prepared.channel,
            guard=prepared.guard,
            observe=self._observe,
        )

    def _prepare(self, backend: Backend) -> _Prepared:
        """Open a session. Raises SandboxError if the kernel refused it a layer that the tested session had."""
        prepared = self._open_session(backend, test=False)
        refused = dict(prepared.ready.refused)
        if isinstance(prepared.guard, Unbounded) and "memory-bound" in self.layers:
            refused["memory-bound"] = prepared.guard.reason
        if refused != self._refused:
            self._kill(backend, prepared.number)
            self._discard(prepared)
            raise SandboxError(f"a session was refused layers that the first one had: {refused}")
        return prepared

    def _open_session(self, backend: Backend, test: bool) -> _Prepared:
        """Open a session, limit it and receive its report about the layers."""
        with self._parent_lock:
            self._session_count += 1
            number = self._session_count
            channel = backend.open(number, scipy=self._uses_scipy)
        guard: Guard | None = None
        nonce = secrets.token_hex(16)
        deadline = time.monotonic() + ANSWER_SECONDS
        try:
            channel.send(Hello(nonce, test), deadline)
            try:
                guard = backend.guard(channel)
            except OSError as error:
                guard = Unbounded(str(error))
            ready = channel.receive(Ready, _MAX_GREETING, deadline)
            if ready.nonce != nonce:
                raise ProtocolError("a session replied with a wrong nonce")
        except BaseException:
            self._kill(backend, number)  # first, because its control group must be empty for `release`
            channel.close()
            if guard is not None:
                guard.release()
            raise
        return _Prepared(number, channel, ready, guard)

    @staticmethod
    def _discard(prepared: _Prepared) -> None:
        prepared.channel.close()
        prepared.guard.release()

    def _kill(self, backend: Backend, session: int) -> int | None:
        """Kill a session; return its wait status, or None if unknown."""
        with self._parent_lock:
            try:
                return backend.end(session)
            except (ProtocolError, DeadlineError):  # the parent is gone with all its sessions
                return None

    def _observe(self, code: str) -> None:
        self._uses_scipy = self._uses_scipy or any(word in code for word in SCIPY_WORDS)

    def _incident_recorder(self, question: str) -> RecordIncident:
        table = "" if self._parquet is None else self._parquet.parent.name

        def record(code: str, cause: IncidentCause, detail: str) -> None:
            incident = Incident(table, question, cell_digest(code), cause, escape(detail))
            self.incidents.append(incident)
            logger.warning(
                "sandbox incident: table={} question={} cell={} cause={}: {}",
                table or "-", question or "-", incident.cell, cause, incident.detail,
            )  # fmt: skip

        return record


def _make_backend(parquet: Path | None, config: SandboxConfig) -> Backend:
    if config.backend == "process":
        return ProcessBackend(parquet, config)
    from tabletutor.sandbox.host.container import ContainerBackend  # slow to import

    return ContainerBackend(parquet, config)
