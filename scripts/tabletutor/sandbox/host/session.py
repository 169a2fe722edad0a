"""The host side of a session: send cells, receive and check results. A failing session ends alone."""

import os
import signal
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.records.episode import IncidentCause
from tabletutor.sandbox.host.incident import RecordIncident
from tabletutor.sandbox.host.memory import Guard
from tabletutor.sandbox.protocol.frames import (
    MAX_CODE,
    MAX_HOOKS,
    MAX_REPLY,
    Channel,
    DeadlineError,
    ProtocolError,
    Reply,
    Request,
    StreamEnd,
    decode,
)  # fmt: skip
from tabletutor.sandbox.protocol.result import CellEnd, CellResult

_MAX_LEVELS, _MAX_VALUES, _MAX_ERROR = 24, 100_000, 20_000
_SIGNALS = {number.value: number.name for number in signal.Signals}


class SandboxError(RuntimeError):
    """The sandbox itself failed, not a cell: no warm parent, no session, or the session has ended."""


class Session:
    """A notebook in the sandbox: names that a cell binds stay for later cells. A context manager, for one thread."""

    def __init__(
        self,
        kill: Callable[[int], int | None],
        record_incident: RecordIncident,
        config: SandboxConfig,
        number: int,
        nonce: str,
        channel: Channel,
        guard: Guard,
        observe: Callable[[str], None],
    ) -> None:
        """Use `Sandbox.session` instead.

        `kill` ends a session by its number, `record_incident` receives incidents, `observe` the code of each cell.
        """
        self._kill = kill
        self._record_incident = record_incident
        self._config = config
        self._number = number
        self._nonce = nonce
        self._channel: Channel | None = channel
        self._guard = guard
        self._observe = observe
        self._cells = 0
        self.ended: CellEnd = "open"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> int | None:
        """End the session and all its processes; return the wait status of the first one. May be called again."""
        if self._channel is None:
            return None
        channel, self._channel = self._channel, None
        try:
            return self._kill(self._number)
        finally:
            channel.close()
            self._guard.release()

    def run(self, code: str) -> CellResult:
        """Run one cell and return its result, at about the hard time-out at the latest.

        Raises SandboxError if the session has ended (see `ended`) or is closed.
        """
        if self.ended != "open" or self._channel is None:
            how = "closed" if self.ended == "open" else self.ended
            raise SandboxError(f"this session has ended ({how}); open a new one")
        if len(code) > MAX_CODE:
            return CellResult(error=f"ValueError: a cell may have {MAX_CODE} characters, this one has {len(code)}")
        if not _is_unicode(code):
            return CellResult(error="SyntaxError: the cell is not valid Unicode")
        self._cells += 1
        self._observe(code)
        deadline = time.monotonic() + self._config.hard_seconds
        try:
            self._channel.send(Request(self._nonce, self._cells, code), deadline)
            result = self._receive(self._channel, deadline)
        except DeadlineError:
            limit = f"TimeLimit: the cell ran longer than {self._config.hard_seconds:g} s; its session was ended"
            return self._end(code, "time", limit)
        except StreamEnd:
            return self._end(code, "crash", None)
        except ProtocolError as error:
            return self._end(code, "crash", f"Crash: {error}")
        except BaseException:  # for example Ctrl-C: leave no session running
            self.close()
            raise
        if self._guard.is_over_limit():  # a child was killed for its memory; the first process still replied
            return self._end(code, "memory", None)
        if result.interrupted:
            self._record_incident(code, "interrupted", f"ran longer than {self._config.soft_seconds:g} s")
        if result.ended != "open":
            self.ended = result.ended
            self.close()
        return result

    def _receive(self, channel: Channel, deadline: float) -> CellResult:
        reply = channel.receive(Reply, MAX_REPLY + 6 * self._config.output_bytes, deadline)
        if reply.nonce != self._nonce or reply.cell != self._cells:
            raise ProtocolError("a reply with a wrong nonce or cell number")
        result = decode(reply.result, CellResult)
        if len(result.stdout.encode()) > self._config.output_bytes * 4 + 100:
            raise ProtocolError("more output than the limit allows")
        if result.ended not in ("open", "submit") or result.submitted != (result.ended == "submit"):
            raise ProtocolError(f"a reply that claims to have ended by {result.ended!r}")
        if len(result.hooks) > MAX_HOOKS or len(result.error or "") > _MAX_ERROR:
            raise ProtocolError("more hooks or a longer error than the limits allow")
        _check_size([result.answer, *(hook.value for hook in result.hooks)])
        return result

    def _end(self, code: str, how: IncidentCause, error: str | None) -> CellResult:
        """Close the session and return a result with `error`; None means to say how the process died."""
        status = self.close()
        if self._guard.is_over_limit():
            how, error = "memory", f"MemoryLimit: the session held more than {self._config.memory_mb} MB and was ended"
        elif error is None:
            exit_code = None if status is None else os.waitstatus_to_exitcode(status)
            cause = "with its warm parent" if exit_code is None else f"by exit status {exit_code}"
            if exit_code is not None and exit_code < 0:
                cause = f"by signal {_SIGNALS.get(-exit_code, -exit_code)}"
            error = f"Crash: the session died {cause}"
        self.ended = "crash" if how == "interrupted" else how
        self._record_incident(code, how, error)
        return CellResult(error=error, ended=self.ended)


def _is_unicode(code: str) -> bool:
    try:
        code.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_size(values: list[object]) -> None:
    """Raise ProtocolError if values are nested more deeply, or are more, than a real result can hold.

    Code that walks over such values could fail.
    """
    count, level = 0, values
    for _ in range(_MAX_LEVELS):
        inner: list[object] = []
        for value in level:
            if isinstance(value, (list, dict)):
                members: list[object] = list(value.values()) if isinstance(value, dict) else value
                inner += members
        count += len(inner)
        if count > _MAX_VALUES:
            raise ProtocolError("more values than the limits allow")
        if not inner:
            return
        level = inner
    raise ProtocolError("a value nested too deeply")
