"""A session from the outside: cells go in, checked claims come out, and every way to break it ends it alone."""

import os
import signal
import socket
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from loguru import logger

from tabletutor.config.schema import SandboxConfig
from tabletutor.sandbox import protocol
from tabletutor.sandbox.cell import CellEnd, CellResult
from tabletutor.sandbox.memory import resident_mb
from tabletutor.sandbox.protocol import DeadlineError, ProtocolError, StreamEnd

_WATCH_SECONDS = 0.05
_MAX_REPLY = 8_000_000
_MAX_LEVELS = 24


class SandboxError(RuntimeError):
    """The sandbox itself cannot work (not a cell's fault): no warm parent, no session, or a session already ended."""


class Session:
    """A notebook in the sandbox: names a cell binds are there for the next. A context manager, for one thread."""

    def __init__(
        self,
        end: Callable[[int], int | None],
        config: SandboxConfig,
        number: int,
        nonce: str,
        channel: socket.socket,
        process: int,
        layers: tuple[str, ...],
    ) -> None:
        """Made by `Sandbox.session`. `end` kills a session by its number; `process` is its id as the host sees it."""
        self._kill = end
        self._config = config
        self._number = number
        self._nonce = nonce
        self._channel = channel
        self._process = process
        self._baseline = resident_mb(process, 0.0)
        self._cells = 0
        self.layers = layers
        self.ended: CellEnd = "open"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> int | None:
        """End the session and every process in it; returns the wait status of the first one. Harmless when repeated."""
        if self._channel.fileno() < 0:
            return None
        status = self._kill(self._number)
        self._channel.close()
        return status

    def run(self, code: str) -> CellResult:
        """Run one cell. Whatever it does, this returns within the hard time-out, give or take a moment.

        Raises SandboxError if the session has ended (`ended` says how) or is closed.
        """
        if self.ended != "open" or self._channel.fileno() < 0:
            raise SandboxError(f"this session has ended ({self.ended}); open another one")
        if len(code) > protocol.MAX_CODE:
            return CellResult(
                error=f"ValueError: a cell may have {protocol.MAX_CODE} characters, this one has {len(code)}"
            )
        if not _is_unicode(code):
            return CellResult(error="SyntaxError: the cell is not valid Unicode")
        self._cells += 1
        config = self._config
        deadline = time.monotonic() + config.hard_seconds
        try:
            protocol.send_frame(self._channel, protocol.Request(self._nonce, self._cells, code), deadline)
            if not self._wait(deadline):
                return self._end(
                    "memory", f"MemoryLimit: the session held more than {config.memory_mb} MB and was ended"
                )
            result = self._reply(deadline)
        except DeadlineError:
            return self._end(
                "time", f"TimeLimit: the cell ran longer than {config.hard_seconds:g} s; its session was ended"
            )
        except StreamEnd:
            return self._end("crash", None)
        except ProtocolError as error:
            return self._end("crash", f"Crash: {error}")
        except BaseException:  # Ctrl-C: no session is left behind in the middle of a cell
            self.close()
            raise
        if result.ended != "open":
            self.ended = result.ended
            self.close()
        return result

    def _wait(self, deadline: float) -> bool:
        """Wait for the first byte of a reply; False once the session holds more memory than it may."""
        while True:
            try:
                protocol.wait_readable(self._channel, min(deadline, time.monotonic() + _WATCH_SECONDS))
            except DeadlineError:
                if resident_mb(self._process, self._baseline) > self._config.memory_mb * 1.25:
                    return False
                if time.monotonic() >= deadline:
                    raise
                continue
            return True

    def _reply(self, deadline: float) -> CellResult:
        reply = protocol.receive_frame(self._channel, protocol.Reply, _MAX_REPLY, deadline)
        if reply.nonce != self._nonce or reply.cell != self._cells:
            raise ProtocolError("a reply with a wrong nonce or cell number")
        result = protocol.decode(reply.result, CellResult)
        if len(result.stdout.encode()) > self._config.output_bytes * 4 + 100:
            raise ProtocolError("more output than the limit allows")
        if result.ended not in ("open", "submit") or result.submitted != (result.ended == "submit"):
            raise ProtocolError(f"a reply that claims to have ended by {result.ended!r}")
        for value in (result.answer, *(hook.value for hook in result.hooks)):
            _check_levels(value, _MAX_LEVELS)
        return result

    def _end(self, how: CellEnd, error: str | None) -> CellResult:
        """Close the session and say why; None: by how its process died."""
        self.ended = how
        status = self.close()
        if error is None:
            code = None if status is None else os.waitstatus_to_exitcode(status)
            cause = "with its warm parent" if code is None else f"by exit status {code}"
            if code is not None and code < 0:
                cause = f"by signal {signal.Signals(-code).name}"
            error = f"Crash: the session died {cause}"
        logger.warning("sandbox: session {} ended in cell {}: {}", self._number, self._cells, error)
        return CellResult(error=error, ended=how)


def _is_unicode(code: str) -> bool:
    try:
        code.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_levels(value: object, levels: int) -> None:
    """Raises ProtocolError for a value nested deeper than any honest one: it would break whoever walks it."""
    if levels == 0:
        raise ProtocolError("a value nested too deeply")
    if isinstance(value, (list, dict)):
        members: list[object] = list(value.values()) if isinstance(value, dict) else value
        for member in members:
            _check_levels(member, levels - 1)
