"""Sandboxes from the outside: one warm parent a table, and its sessions."""

import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from loguru import logger

from tabletutor.config.schema import SandboxConfig
from tabletutor.records.identity import content_id
from tabletutor.sandbox import protocol
from tabletutor.sandbox.protocol import DeadlineError, ProtocolError
from tabletutor.sandbox.session import SandboxError, Session

_START_SECONDS = 120.0
_ANSWER_SECONDS = 20.0
_MAX_GREETING = 1 << 16
# Freed memory goes back at once and no library starts threads: sharing between forks lives by it.
_ENVIRONMENT = {
    "MALLOC_MMAP_THRESHOLD_": "262144", "MALLOC_TRIM_THRESHOLD_": "131072", "MALLOC_ARENA_MAX": "2",
    "ARROW_DEFAULT_MEMORY_POOL": "system", "ARROW_IO_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # a second thread would forbid a user namespace
    "MKL_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "LANG": "C.UTF-8", "TZ": "UTC", "PATH": "/usr/bin:/bin",
}  # fmt: skip
_told: set[tuple[str, str]] = set()
_told_lock = threading.Lock()


class Sandbox:
    """A warm parent with one table loaded (or none). Sessions may be opened and used from several threads at once."""

    def __init__(self, parquet: Path | None, config: SandboxConfig) -> None:
        self._parquet = parquet
        self.config = config
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._diagnosis: IO[bytes] | None = None
        self._count = 0

    def __enter__(self) -> Self:
        with self._lock:
            self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._stop()

    def session(self) -> Session:
        """A fresh session: a fork of the warm parent. Raises SandboxError if none can be had.

        A warm parent that died is replaced once, and the log says so.
        """
        with self._lock:
            try:
                return self._open()
            except (ProtocolError, DeadlineError) as error:
                logger.warning("sandbox: the warm parent is lost ({}); starting another\n{}", error, self._stop())
                self._start()
            try:
                return self._open()
            except (ProtocolError, DeadlineError) as error:
                raise SandboxError(f"the warm parent opens no session: {error}") from error

    def end(self, session: int) -> int | None:
        """Kill a session and all its processes; returns the wait status of its first process, if it is still known."""
        with self._lock:
            try:
                return self._ask(protocol.End(session), None).status
            except (ProtocolError, DeadlineError):  # the parent is gone, and its sessions with it
                return None

    def _start(self) -> None:
        control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        script = str(Path(__file__).with_name("warm.py"))
        self._diagnosis = tempfile.TemporaryFile()  # noqa: SIM115  closed by _stop
        # -s -P: no user packages, no working folder on the path. Not -I, which would ignore the fixed hash seed.
        self._process = subprocess.Popen(
            [sys.executable, "-s", "-P", "-B", script, str(other.fileno())],
            stdin=subprocess.DEVNULL, stdout=self._diagnosis, stderr=self._diagnosis, cwd="/", env=_ENVIRONMENT,
            pass_fds=(other.fileno(),), start_new_session=True,
        )  # fmt: skip
        other.close()
        self._control = control
        path = None if self._parquet is None else str(self._parquet.absolute())
        try:
            answer = self._ask(protocol.Opening(os.getpid(), path), None, _START_SECONDS)
        except BaseException as error:
            tail = self._stop()
            if not isinstance(error, (ProtocolError, DeadlineError)):
                raise
            raise SandboxError(f"the warm parent for {path or 'no table'} did not start: {error}\n{tail}") from error
        if answer.error is not None:
            self._stop()
            raise SandboxError(f"the warm parent for {path or 'no table'} did not start:\n{answer.error}")
        tell(answer.refused)

    def _stop(self) -> str:
        """End the warm parent and with it all its sessions; returns the last of what it wrote."""
        if self._process is None or self._control is None or self._diagnosis is None:
            return ""
        self._control.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()  # its children die with it
            self._process.wait()
        self._diagnosis.seek(0)
        tail = self._diagnosis.read().decode(errors="replace")[-2000:]
        self._diagnosis.close()
        self._process = self._control = self._diagnosis = None
        return tail

    def _ask(
        self,
        message: protocol.Opening | protocol.Start | protocol.End,
        descriptor: int | None,
        seconds: float = _ANSWER_SECONDS,
    ) -> protocol.Warm:
        if self._control is None:
            raise ProtocolError("the sandbox is not open; use it as a context manager")
        deadline = time.monotonic() + seconds
        protocol.send_packet(self._control, message, descriptor, deadline)
        answer, _ = protocol.receive_packet(self._control, protocol.Warm, deadline)
        return answer

    def _open(self) -> Session:
        self._count += 1
        host, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        nonce = content_id(os.urandom(16).hex())
        config = self.config
        start = protocol.Start(self._count, nonce, config.soft_seconds, config.memory_mb, config.output_bytes)
        try:
            with other:
                host.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
                answer = self._ask(start, other.fileno())
            if answer.error is not None:
                raise SandboxError(answer.error)
            process, ready = _greeting(host, time.monotonic() + _ANSWER_SECONDS)
            if ready.nonce != nonce:
                raise ProtocolError("a session answered with a wrong nonce")
        except BaseException:
            host.close()
            raise
        tell(ready.refused)
        return Session(self.end, config, self._count, nonce, host, process, ready.standing)


def tell(refused: dict[str, str]) -> None:
    """Say, once in this process, each layer the kernel refused."""
    for item in refused.items():
        with _told_lock:
            if item in _told:
                continue
            _told.add(item)
        logger.warning("sandbox: the layer {!r} is NOT in place: {}", *item)


def _greeting(channel: socket.socket, deadline: float) -> tuple[int, protocol.Ready]:
    """The first frame of a session, before any cell: also its process id, vouched for by the kernel."""
    protocol.wait_readable(channel, deadline)
    _, ancillary, _, _ = channel.recvmsg(1, socket.CMSG_SPACE(struct.calcsize("3i")), socket.MSG_PEEK)
    process = next(struct.unpack("3i", data[:12])[0] for _, kind, data in ancillary if kind == socket.SCM_CREDENTIALS)
    return process, protocol.receive_frame(channel, protocol.Ready, _MAX_GREETING, deadline)
