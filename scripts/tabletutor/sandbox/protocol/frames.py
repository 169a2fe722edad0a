"""Frames between host and session: a length, then that many bytes of JSON, read and written with a deadline.

A frame from a session is hostile until proven otherwise: its length is limited before it is read, its shape is checked
on decoding, and nothing in it is ever executed, imported or unpickled.
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
# Over the one stream to a container: the size of the Opening and of the table, then messages of a session (0: the warm
# parent) and their length.
TABLE, NO_TABLE = struct.Struct(">IQ"), (1 << 64) - 1
MESSAGE = struct.Struct(">II")
MAX_CODE = 1_000_000
MAX_HOOKS = 50
MAX_HOOK_BYTES = 300_000  # of all hooks of a cell together
# Without what the cell printed: an answer may have 200,000 characters, each of six bytes at worst, and 20,000 values.
MAX_REPLY = 2_500_000
START_SECONDS, ANSWER_SECONDS = 120.0, 20.0
_NAMESPACES = ("user", "mnt", "pid", "net", "ipc", "uts")


class ProtocolError(Exception):
    """The other side broke the protocol: garbage, a frame too long, a wrong nonce, the end of the stream."""


class StreamEnd(ProtocolError):
    """The other side is gone."""


class DeadlineError(Exception):
    """The other side did not read or write in time."""


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a session may use: `SandboxConfig` as far as the inside must know it."""

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


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Host to warm parent, first of all: whose child it is (0: whoever is its parent), the limits of its sessions, and
    what of the host's they must not share. The table comes along as a descriptor.
    """

    owner: int
    limits: Limits
    host: HostView


class Open(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Host to warm parent: fork a session. The answer brings the host's end of its channel."""

    session: int


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Host to warm parent: kill the session and say how it died."""

    session: int


class Warm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Warm parent to host: what it answers to Open and End of a session, and once (session 0) when it is ready.

    `status` is a wait status.
    """

    session: int = 0
    error: str | None = None
    status: int | None = None


class Hello(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Host to session, first of all: the secret of its replies, and whether it shall test its layers."""

    nonce: str
    test: bool


class Ready(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Session to host, before the first cell: what the kernel refused on the way (by name, with the reason), and if
    asked the layers that do not stand (by name, with what was seen).
    """

    nonce: str
    refused: dict[str, str]
    missing: dict[str, str]


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Host to session: run this cell, the `cell`-th of the session."""

    nonce: str
    cell: int
    code: str


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Session to host: what it says a cell gave. `result` is checked as a CellResult by the reader."""

    nonce: str
    cell: int
    result: msgspec.Raw


def send_packet(control: socket.socket, message: Any, descriptor: int | None, deadline: float | None) -> None:
    """Write one packet, with a descriptor or none, to a SOCK_SEQPACKET socket before `deadline` (monotonic seconds).

    Raises DeadlineError or StreamEnd.
    """
    _wait(control, select.POLLOUT, deadline)
    try:
        socket.send_fds(control, [msgspec.json.encode(message)], [] if descriptor is None else [descriptor])
    except OSError as error:
        raise StreamEnd(f"the other side is gone: {error}") from error


def receive_packet(control: socket.socket, kind: type[T], deadline: float | None) -> tuple[T, int | None]:
    """Read one packet and the descriptor that came with it, if one did. Raises DeadlineError or ProtocolError."""
    _wait(control, select.POLLIN, deadline)
    try:
        body, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 1)
    except OSError as error:
        raise StreamEnd(f"the other side is gone: {error}") from error
    if not body:
        raise StreamEnd("the stream ended")
    return decode(body, kind), (descriptors[0] if descriptors else None)


def decode(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    """JSON as a `kind`. Raises ProtocolError for anything else, however deep or odd."""
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
            raise StreamEnd(f"the other side is gone: {error}") from error


class Channel(Protocol):
    """The way to one session: frames go out and come back, each before a deadline (monotonic seconds)."""

    def send(self, message: Any, deadline: float | None) -> None:
        """Write one frame. Raises DeadlineError or ProtocolError."""
        ...

    def receive(self, kind: type[T], limit: int, deadline: float | None) -> T:
        """Read one frame of at most `limit` bytes as a `kind`. Raises DeadlineError or ProtocolError."""
        ...

    def is_quiet(self) -> bool:
        """Whether the other side is there and has nothing to say."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


class SocketChannel:
    """A channel over a stream socket of its own."""

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
        """Read one frame of at most `limit` bytes as a `kind`. Raises DeadlineError or ProtocolError."""
        self._fill(LENGTH.size, deadline)
        (length,) = LENGTH.unpack_from(self._read)
        if length > limit:
            raise ProtocolError(f"a frame of {length} bytes, over the limit of {limit}")
        self._fill(LENGTH.size + length, deadline)
        body = bytes(self._read[LENGTH.size : LENGTH.size + length])
        del self._read[: LENGTH.size + length]
        return decode(body, kind)

    def sender(self, deadline: float | None) -> int:
        """The process id behind the next frame, vouched for by the kernel (the socket has SO_PASSCRED)."""
        self._wait(deadline)
        _, ancillary, _, _ = self._stream.recvmsg(1, socket.CMSG_SPACE(struct.calcsize("3i")), socket.MSG_PEEK)
        for _, kind, data in ancillary:
            if kind == socket.SCM_CREDENTIALS:
                return struct.unpack("3i", data[:12])[0]
        raise StreamEnd("the stream ended")

    def is_quiet(self) -> bool:
        """Whether the other side is there and has nothing to say."""
        return not self._read and not self._poll.poll(0)

    def close(self) -> None:
        """Hang up."""
        self._stream.close()

    def _fill(self, count: int, deadline: float | None) -> None:
        """Read until `count` bytes are there. A flood is left in the kernel: never more than a frame and 64 KB here."""
        while len(self._read) < count:
            self._wait(deadline)
            if deadline is not None and time.monotonic() > deadline:
                raise DeadlineError("no whole answer in time")
            try:
                part = self._stream.recv(1 << 16, socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
            except OSError as error:
                raise StreamEnd(f"the other side is gone: {error}") from error
            if not part:
                raise StreamEnd("the stream ended")
            self._read += part

    def _wait(self, deadline: float | None) -> None:
        left = None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000
        if not self._poll.poll(left):
            raise DeadlineError("no answer in time")


def _wait(stream: socket.socket, event: int, deadline: float | None) -> None:
    if stream.fileno() < 0:
        raise StreamEnd("the sandbox is closed")
    poll = select.poll()
    poll.register(stream, event)
    left = None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000
    if not poll.poll(left):
        raise DeadlineError("no answer in time")
