"""The container backend: a warm parent in a hardened container, with all its sessions on one attached stream."""

import contextlib
import json
import queue
import socket
import threading
import time
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.sandbox.host import image
from tabletutor.sandbox.host.memory import Guard
from tabletutor.sandbox.host.process_label import process_label
from tabletutor.sandbox.layers.syscalls import ALLOWED, CHECKED, PROCESSES
from tabletutor.sandbox.protocol import environment
from tabletutor.sandbox.protocol.frames import (
    ANSWER_SECONDS,
    MAX_REPLY,
    MESSAGE,
    NO_TABLE,
    START_SECONDS,
    TABLE,
    Channel,
    DeadlineError,
    End,
    Limits,
    Open,
    ParentReply,
    ProtocolError,
    Setup,
    StreamEnd,
    decode,
    host_view,
    write,
)  # fmt: skip

T = TypeVar("T")
_USER = "64123:64123"  # ids without an account on the host
_TMP_MB, _TMP_FILES = 512, 32768
_PROCESSES = 4096  # limits the threads of all sessions; seccomp forbids them processes
# System calls of the relay and the warm parent that sessions may not use.
_EXTRA_CALLS = (
    "memfd_create", "setsockopt", "seccomp", "capset", "close_range", "clone3", "set_robust_list", "rseq",
    "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self",
)  # fmt: skip
_STDOUT, _STDERR = 1, 2
_TAIL = 2000


class ContainerBackend:
    """A container with a warm parent and its sessions."""

    def __init__(self, parquet: Path | None, config: SandboxConfig) -> None:
        """Start the container and wait until its warm parent has loaded the table.

        Raises OSError if the table or the engine cannot be reached, and ProtocolError or DeadlineError if the warm
        parent does not start; a note on the error holds the end of its output.
        """
        self._tail = bytearray()
        self._sending = threading.Lock()
        self._inboxes: dict[int, queue.SimpleQueue[bytes | None]] = {0: queue.SimpleQueue()}
        self._container: str | None = None
        self._stream: socket.socket | None = None
        try:
            table = None if parquet is None else parquet.read_bytes()
            self._client = image.connect()
            image.sweep(self._client)
            self._run(image.ensure(self._client, config.image), config)
            self._send_table(table, config)
            answer = self._receive(time.monotonic() + START_SECONDS)
            if answer.error is not None:
                raise ProtocolError(answer.error)
        except BaseException as error:
            error.add_note(self.close())
            raise

    def open(self, session: int, *, scipy: bool) -> Channel:
        """Open a session, with scipy.stats imported if `scipy`, and return its channel.

        Raises ProtocolError or DeadlineError if the warm parent fails, OSError if it cannot fork a session now.
        """
        self._inboxes[session] = queue.SimpleQueue()
        answer = self._request(Open(session, scipy))
        if answer.error is not None:
            del self._inboxes[session]
            raise OSError(answer.error)
        return _ContainerChannel(self, session, self._inboxes[session])

    def guard(self, channel: Channel) -> Guard:
        """Return a guard that does nothing: the container's limits bound its sessions, each a single process."""
        return _ContainerGuard()

    def end(self, session: int) -> int | None:
        """Kill a session; return its wait status, or None if unknown. Raises ProtocolError or DeadlineError."""
        return self._request(End(session)).status

    def close(self) -> str:
        """Remove the container with all its sessions; return the end of its standard error."""
        self._hang_up()
        if self._container is not None:
            image.remove_container(self._client, self._container)
            self._container = None
        return bytes(self._tail).decode(errors="replace")

    def send(self, session: int, body: bytes, deadline: float | None) -> None:
        """Send a message to a session (0: the warm parent). Raises DeadlineError or StreamEnd."""
        stream = self._stream
        if stream is None:
            raise StreamEnd("the container is gone")
        with self._sending:
            try:
                write(stream, MESSAGE.pack(session, len(body)) + body, deadline)
            except DeadlineError:  # a partly sent message makes the stream unusable
                self._hang_up()
                raise

    def _hang_up(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.shutdown(socket.SHUT_RDWR)  # also ends `_listen`
            stream.close()

    def forget(self, session: int) -> None:
        """Stop receiving from a session."""
        self._inboxes.pop(session, None)

    def _run(self, name: str, config: SandboxConfig) -> None:
        api = self._client.api
        memory = config.container_memory_mb << 20
        settings = api.create_host_config(
            network_mode="none", read_only=True, cap_drop=["ALL"], auto_remove=True, ipc_mode="private",
            security_opt=["no-new-privileges:true", f"seccomp={json.dumps(_seccomp_profile())}"],
            mem_limit=memory, memswap_limit=memory, pids_limit=_PROCESSES, nano_cpus=int(config.container_cpus * 1e9),
            tmpfs={"/tmp": f"rw,noexec,nosuid,nodev,size={_TMP_MB}m,nr_inodes={_TMP_FILES},mode=1777"},
            log_config={"Type": "none", "Config": {}},
        )  # fmt: skip
        self._container = api.create_container(
            name, list(image.ENTRY), user=_USER, working_dir="/", hostname="sandbox", network_disabled=True,
            stdin_open=True, environment=environment.PARENT, labels={image.LABEL: process_label()},
            host_config=settings,
        )["Id"]  # fmt: skip
        attached = api.attach_socket(self._container, {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
        self._stream = stream = getattr(attached, "_sock", attached)
        stream.settimeout(None)
        threading.Thread(target=self._listen, args=(stream, attached), name="container", daemon=True).start()
        api.start(self._container)

    def _send_table(self, table: bytes | None, config: SandboxConfig) -> None:
        limits = Limits(config.soft_seconds, config.memory_mb, config.output_bytes)
        setup = msgspec.json.encode(Setup(0, limits, host_view()))
        if self._stream is None:
            raise StreamEnd("the container is gone")
        head = TABLE.pack(len(setup), NO_TABLE if table is None else len(table)) + setup
        deadline = time.monotonic() + START_SECONDS
        write(self._stream, head, deadline)
        write(self._stream, table or b"", deadline)

    def _request(self, message: Open | End) -> ParentReply:
        deadline = time.monotonic() + ANSWER_SECONDS
        self.send(0, msgspec.json.encode(message), deadline)
        while (answer := self._receive(deadline)).session != message.session:  # a late reply
            continue
        return answer

    def _receive(self, deadline: float) -> ParentReply:
        return decode(_next(self._inboxes[0], deadline), ParentReply)

    def _listen(self, stream: socket.socket, attached: object) -> None:
        """Put arriving messages into the inboxes until the stream ends (`attached` keeps the HTTP response alive).

        The engine sends the container's output in frames of its own: a kind, three zeros, a length, then content.
        """
        data = bytearray()
        with contextlib.suppress(OSError, EOFError):
            while True:
                header = _receive_exactly(stream, 8)
                part = _receive_exactly(stream, int.from_bytes(header[4:], "big"))
                if header[0] == _STDERR:
                    self._tail = (self._tail + part)[-_TAIL:]
                elif header[0] == _STDOUT:
                    data += part
                    self._deliver(data)
        for inbox in list(self._inboxes.values()):
            inbox.put(None)

    def _deliver(self, data: bytearray) -> None:
        """Move complete messages from `data` to the inboxes."""
        while len(data) >= MESSAGE.size:
            session, length = MESSAGE.unpack_from(data)
            if length > MAX_REPLY:
                raise EOFError("the container broke the protocol")
            if len(data) < MESSAGE.size + length:
                return
            body = bytes(data[MESSAGE.size : MESSAGE.size + length])
            del data[: MESSAGE.size + length]
            if (inbox := self._inboxes.get(session)) is not None:
                inbox.put(body or None)


class _ContainerGuard:
    """The guard of a session that the container's limits bound."""

    def is_over_limit(self) -> bool:
        return False

    def release(self) -> None:
        pass


class _ContainerChannel:
    """A channel of one session on the container's shared stream."""

    def __init__(self, backend: ContainerBackend, session: int, inbox: "queue.SimpleQueue[bytes | None]") -> None:
        self._backend = backend
        self._session = session
        self._inbox = inbox

    def send(self, message: Any, deadline: float | None) -> None:
        """Write one frame. Raises DeadlineError or ProtocolError."""
        self._backend.send(self._session, msgspec.json.encode(message), deadline)

    def receive(self, kind: type[T], limit: int, deadline: float | None) -> T:
        """Read one frame of at most `limit` bytes and decode it as a `kind`. Raises DeadlineError or ProtocolError."""
        body = _next(self._inbox, deadline)
        if len(body) > limit:
            raise ProtocolError(f"a frame of {len(body)} bytes, over the limit of {limit}")
        return decode(body, kind)

    def is_quiet(self) -> bool:
        """Return whether the other side is connected and has sent nothing."""
        return self._inbox.empty()

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(DeadlineError, StreamEnd):
            self._backend.send(self._session, b"", time.monotonic() + ANSWER_SECONDS)
        self._backend.forget(self._session)


def _next(inbox: "queue.SimpleQueue[bytes | None]", deadline: float | None) -> bytes:
    try:
        body = inbox.get(timeout=None if deadline is None else max(0.0, deadline - time.monotonic()))
    except queue.Empty as error:
        raise DeadlineError("no reply in time") from error
    if body is None:
        inbox.put(None)
        raise StreamEnd("the stream ended")
    return body


def _receive_exactly(stream: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        part = stream.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def _seccomp_profile() -> dict[str, Any]:
    """Return the seccomp profile of the container, narrower than the engine's default."""
    names = sorted({*ALLOWED, *CHECKED, *PROCESSES, *_EXTRA_CALLS})
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 1,
        "archMap": [
            {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": []},
            {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": []},
        ],
        "syscalls": [{"names": names, "action": "SCMP_ACT_ALLOW"}],
    }
