"""Messages between host, warm parent and sessions, and the channels that carry them.

A frame is a length and that many bytes of JSON; every read and write has a deadline. Frames from a session are
untrusted: the length is limited before reading, the types are checked on decoding, and no content is ever executed,
imported or unpickled.
"""

import select
import socket
import struct
import time
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from tabletutor.records.record import decoder

T = TypeVar("T")
LENGTH = struct.Struct(">I")
# On a container's single stream: TABLE holds the sizes of the Setup and of the table, once. Each MESSAGE holds a
# session's number (0: the warm parent) and a length.
TABLE, NO_TABLE = struct.Struct(">IQ"), (1 << 64) - 1
MESSAGE = struct.Struct(">II")
MAX_CODE = 1_000_000
MAX_HOOKS = 50
MAX_HOOK_BYTES = 300_000  # total over all hooks of a cell
# Excludes stdout. An answer may have 200,000 characters (up to six bytes each in JSON) and 20,000 values.
MAX_REPLY = 2_500_000
START_SECONDS, ANSWER_SECONDS = 120.0, 20.0
_NAMESPACES = ("user", "mnt", "pid", "net", "ipc", "uts")


class ProtocolError(Exception):
    """The other side broke the protocol: garbage, an oversized frame, a wrong nonce, or the end of the stream."""


class StreamEnd(ProtocolError):
    """The other side has closed the stream."""


class DeadlineError(Exception):
    """The other side did not read or write before the deadline."""


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The limits of a session that the guest must know; a part of `SandboxConfig`."""

    soft_seconds: float
    memory_mb: int
    output_bytes: int


class HostView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The host's namespaces by name, and its root folder as (device, inode). A session's must all differ from these."""

    namespaces: dict[str, str]
    root: tuple[int, int]


def host_view() -> HostView:
    """Return the host's namespaces and root as this process sees them; call it in the host."""
    root = Path("/").stat()
    names = {name: str(Path(f"/proc/self/ns/{name}").readlink()) for name in _NAMESPACES}
    return HostView(names, (root.st_dev, root.st_ino))


class Setup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Host to warm parent, the first message. The table comes with it as a descriptor.

    `owner` is the process id of the host (0: the parent process), `limits` applies to each session, and `host` is what
    sessions must not share.
    """

    owner: int
    limits: Limits
    host: HostView


class Open(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Host to warm parent: fork a session. The reply carries the host's end of its channel as a descriptor.

    With `scipy`, the warm parent imports scipy.stats first, if it has not yet.
    """

    session: int
    scipy: bool = False


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Host to warm parent: kill the session and reply with its wait status."""

    session: int


class ParentReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Warm parent to host: the reply to Open or End, and once, with session 0, that the parent is ready.

    `status` is the wait status of an ended session.
    """

    session: int = 0
    error: str | None = None
    status: int | None = None


class Hello(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Host to session, the first frame: the nonce for all its replies, and whether to test the layers."""

    nonce: str
    test: bool


class Ready(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Session to host, before the first cell.

    `refused` maps the set-up steps that the kernel refused to its reason. `missing` maps the layers that do not stand
    to what their test saw; it is empty if no test was asked for.
    """

    nonce: str
    refused: dict[str, str]
    missing: dict[str, str]


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Host to session: run `code` as cell number `cell` (from 1)."""

    nonce: str
    cell: int
    code: str


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Session to host: the claimed result of a cell. The reader decodes `result` as a CellResult."""

    nonce: str
    cell: int
    result: msgspec.Raw


def send_packet(control: socket.socket, message: Any, descriptor: int | None, deadline: float | None) -> None:
    """Write one packet to a SOCK_SEQPACKET socket, with an optional descriptor, before `deadline` (monotonic seconds).

    Raises DeadlineError or StreamEnd.
    """
    _wait(control, select.POLLOUT, deadline)
    try:
        socket.send_fds(control, [msgspec.json.encode(message)], [] if descriptor is None else [descriptor])
    except OSError as error:
        raise StreamEnd(f"the other side closed the connection: {error}") from error


def receive_packet(control: socket.socket, kind: type[T], deadline: float | None) -> tuple[T, int | None]:
    """Read one packet and its descriptor, or None. Raises DeadlineError or ProtocolError."""
    _wait(control, select.POLLIN, deadline)
    try:
        body, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 1)
    except OSError as error:
        raise StreamEnd(f"the other side closed the connection: {error}") from error
    if not body:
        raise StreamEnd("the stream ended")
    return decode(body, kind), (descriptors[0] if descriptors else None)


def decode(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    """Decode JSON as a `kind`. Raises ProtocolError for any other content."""
    try:
        return decoder(kind).decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise ProtocolError(f"not a {kind.__name__}: {error}") from error


def write(stream: socket.socket, data: bytes, deadline: float | None) -> None:
    """Write all of `data`. Raises DeadlineError or StreamEnd."""
    left = memoryview(data)
    while left:
        try:
            left = left[stream.send(left, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL) :]
        except BlockingIOError:
            _wait(stream, select.POLLOUT, deadline)
        except OSError as error:
            raise StreamEnd(f"the other side closed the connection: {error}") from error


class Channel(Protocol):
    """A connection to one session. Deadlines are in monotonic seconds; None waits for ever."""

    def send(self, message: Any, deadline: float | None) -> None:
        """Write one frame. Raises DeadlineError or ProtocolError."""
        ...

    def receive(self, kind: type[T], limit: int, deadline: float | None) -> T:
        """Read one frame of at most `limit` bytes and decode it as a `kind`. Raises DeadlineError or ProtocolError."""
        ...

    def is_quiet(self) -> bool:
        """Return whether the other side is connected and has sent nothing."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class SocketChannel:
    """A channel over its own stream socket."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream
        self._poll = select.poll()
        self._poll.register(stream, select.POLLIN)
        self._read = bytearray()

    def send(self, message: Any, deadline: float | None) -> None:
        """Write one frame. Raises DeadlineError or ProtocolError."""
        body = msgspec.json.encode(message)
        write(self._stream, LENGTH.pack(len(body)) + body, deadline)

    def receive(self, kind: type[T], limit: int, deadline: float | None) -> T:
        """Read one frame of at most `limit` bytes and decode it as a `kind`. Raises DeadlineError or ProtocolError."""
        self._fill(LENGTH.size, deadline)
        (length,) = LENGTH.unpack_from(self._read)
        if length > limit:
            raise ProtocolError(f"a frame of {length} bytes, over the limit of {limit}")
        self._fill(LENGTH.size + length, deadline)
        body = bytes(self._read[LENGTH.size : LENGTH.size + length])
        del self._read[: LENGTH.size + length]
        return decode(body, kind)

    def sender_pid(self, deadline: float | None) -> int:
        """Return the process id of the next frame's sender, as the kernel reports it (the socket has SO_PASSCRED).

        Raises DeadlineError or StreamEnd.
        """
        self._wait(deadline)
        _, ancillary, _, _ = self._stream.recvmsg(1, socket.CMSG_SPACE(struct.calcsize("3i")), socket.MSG_PEEK)
        for _, kind, data in ancillary:
            if kind == socket.SCM_CREDENTIALS:
                return struct.unpack("3i", data[:12])[0]
        raise StreamEnd("the stream ended")

    def is_quiet(self) -> bool:
        """Return whether the other side is connected and has sent nothing."""
        return not self._read and not self._poll.poll(0)

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def _fill(self, count: int, deadline: float | None) -> None:
        """Read until `count` bytes are buffered. Never buffers more than a frame and 64 KB, however much was sent."""
        while len(self._read) < count:
            self._wait(deadline)
            if deadline is not None and time.monotonic() > deadline:
                raise DeadlineError("no complete reply in time")
            try:
                part = self._stream.recv(1 << 16, socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
            except OSError as error:
                raise StreamEnd(f"the other side closed the connection: {error}") from error
            if not part:
                raise StreamEnd("the stream ended")
            self._read += part

    def _wait(self, deadline: float | None) -> None:
        left = None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000
        if not self._poll.poll(left):
            raise DeadlineError("no reply in time")


def _wait(stream: socket.socket, event: int, deadline: float | None) -> None:
    if stream.fileno() < 0:
        raise StreamEnd("the sandbox is closed")
    poll = select.poll()
    poll.register(stream, event)
    left = None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000
    if not poll.poll(left):
        raise DeadlineError("no reply in time")
