"""The process backend: a warm parent as a child process, connected by socket pairs."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from loguru import logger

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.sandbox.host import cgroup
from tabletutor.sandbox.host.memory import Bounds, GroupBounds, Guard, WatcherBounds
from tabletutor.sandbox.protocol import environment
from tabletutor.sandbox.protocol.frames import (
    ANSWER_SECONDS,
    START_SECONDS,
    Channel,
    End,
    Limits,
    Open,
    ParentReply,
    ProtocolError,
    Setup,
    SocketChannel,
    host_view,
    receive_packet,
    send_packet,
)  # fmt: skip


class ProcessBackend:
    """A warm parent process and its sessions."""

    def __init__(self, parquet: Path | None, config: SandboxConfig) -> None:
        """Start the warm parent and wait until it has loaded the table.

        Raises OSError if the table cannot be read, and ProtocolError or DeadlineError if the warm parent does not
        start; a note on the error holds the end of its output.
        """
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  closed by `close`
        self._bounds: Bounds | None = None
        self._control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        limits = Limits(config.soft_seconds, config.memory_mb, config.output_bytes)
        with other:
            # -s -P: no user packages, no working folder in sys.path. Not -I, which ignores PYTHONHASHSEED.
            self._process = subprocess.Popen(
                [sys.executable, "-s", "-P", "-B", _warm_parent_file(), str(other.fileno())],
                stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._output, cwd="/",
                env=environment.PARENT, pass_fds=(other.fileno(),), start_new_session=True,
            )  # fmt: skip
        table = None
        try:
            table = None if parquet is None else os.open(parquet, os.O_RDONLY)
            answer = self._request(Setup(os.getpid(), limits, host_view()), table, START_SECONDS)
            if answer.error is not None:
                raise ProtocolError(answer.error)
            self._bounds = _make_bounds(config)
        except BaseException as error:
            error.add_note(self.close())
            raise
        finally:
            if table is not None:
                os.close(table)

    def open(self, session: int, *, scipy: bool) -> Channel:
        """Open a session, with scipy.stats imported if `scipy`, and return its channel.

        Raises ProtocolError or DeadlineError if the warm parent fails, OSError if it cannot fork a session now.
        """
        deadline = time.monotonic() + ANSWER_SECONDS
        send_packet(self._control, Open(session, scipy), None, deadline)
        answer, descriptor = self._receive(session, deadline)
        if descriptor is None:
            raise OSError(answer.error or "the warm parent replied without a channel")
        return SocketChannel(socket.socket(fileno=descriptor))

    def guard(self, channel: Channel) -> Guard:
        """Limit the session of a channel on which Hello was sent. Raises OSError if refused."""
        if not isinstance(channel, SocketChannel) or self._bounds is None:
            raise TypeError("not a channel of this backend")
        return self._bounds.guard(channel.sender_pid(time.monotonic() + ANSWER_SECONDS))

    def end(self, session: int) -> int | None:
        """Kill a session; return its wait status, or None if unknown. Raises ProtocolError or DeadlineError."""
        return self._request(End(session), None, ANSWER_SECONDS).status

    def close(self) -> str:
        """End the warm parent with all its sessions; return the end of its output."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)  # a fork of the host may also hold the socket
        self._control.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()  # its children end with it
            self._process.wait()
        if self._bounds is not None:
            self._bounds.close()
        if self._output.closed:
            return ""
        self._output.seek(0)
        tail = self._output.read().decode(errors="replace")[-2000:]
        self._output.close()
        return tail

    def _request(self, message: Setup | End, descriptor: int | None, seconds: float) -> ParentReply:
        deadline = time.monotonic() + seconds
        send_packet(self._control, message, descriptor, deadline)
        return self._receive(message.session if isinstance(message, End) else 0, deadline)[0]

    def _receive(self, session: int, deadline: float) -> tuple[ParentReply, int | None]:
        """Return the reply about a session and its descriptor. Drops late replies to requests that timed out."""
        while True:
            answer, descriptor = receive_packet(self._control, ParentReply, deadline)
            if answer.session == session:
                return answer, descriptor
            if descriptor is not None:
                os.close(descriptor)


def _make_bounds(config: SandboxConfig) -> Bounds:
    """Return limits by control groups if they can be made, else by a watcher, which reacts a little later."""
    try:
        return GroupBounds(cgroup.parent_folders(), config.memory_mb)
    except OSError as error:
        logger.debug("sandbox: no control groups ({}); a watcher limits memory and processes", error)
        return WatcherBounds(config.memory_mb)


def _warm_parent_file() -> str:
    """Return the file of the warm parent's program. The host runs it and never imports it."""
    spec = find_spec("tabletutor.sandbox.guest.warm")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("tabletutor.sandbox.guest.warm is missing from the installed package; run `make env`")
    return spec.origin
