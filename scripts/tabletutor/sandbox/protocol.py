"""Frames between host and session: a length, then that many bytes of JSON, read and written with a deadline.

A frame from a session is hostile until proven otherwise: its length is limited before it is read, its shape is checked
on decoding, and nothing in it is ever executed, imported or unpickled.
"""

import select
import socket
import struct
import time
from typing import Any, TypeVar

import msgspec

from tabletutor.records.decoder import decoder

T = TypeVar("T")
_LENGTH = struct.Struct(">I")
MAX_CODE = 1_000_000


class ProtocolError(Exception):
    """The other side broke the protocol: garbage, a frame too long, a wrong nonce, the end of the stream."""


class StreamEnd(ProtocolError):
    """The other side is gone."""


class DeadlineError(Exception):
    """The other side did not read or write in time."""


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Host to session: run this cell, the `cell`-th of the session."""

    nonce: str
    cell: int
    code: str


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Host to warm parent, first of all: whose child it is, and the table to load (None for no table)."""

    owner: int
    parquet: str | None


class Start(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Host to warm parent, with the session's end of a socket pair: fork a session, under these limits."""

    session: int
    nonce: str
    soft_seconds: float
    memory_mb: int
    output_bytes: int


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag=True):
    """Host to warm parent: kill the session and say how it died."""

    session: int


class Warm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Warm parent to host: what it answers to Start and End, and once when it is ready. `status` is a wait status."""

    error: str | None = None
    status: int | None = None
    refused: dict[str, str] = {}


class Ready(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Session to host, before the first cell: the layers that stand and those the kernel refused, with the reason."""

    nonce: str
    standing: tuple[str, ...]
    refused: dict[str, str]


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Session to host: what it says a cell gave. `result` is checked as a CellResult by the reader."""

    nonce: str
    cell: int
    result: msgspec.Raw


def send_packet(control: socket.socket, message: Any, descriptor: int | None, deadline: float | None) -> None:
    """Write one packet, with a descriptor or none, to a SOCK_SEQPACKET socket. Raises as `send_frame` does."""
    _wait(control, select.POLLOUT, deadline)
    try:
        socket.send_fds(control, [msgspec.json.encode(message)], [] if descriptor is None else [descriptor])
    except OSError as error:
        raise StreamEnd(f"the other side is gone: {error}") from error


def receive_packet(control: socket.socket, kind: type[T], deadline: float | None) -> tuple[T, int | None]:
    """Read one packet and the descriptor that came with it, if one did. Raises as `receive_frame` does."""
    _wait(control, select.POLLIN, deadline)
    try:
        body, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 1)
    except OSError as error:
        raise StreamEnd(f"the other side is gone: {error}") from error
    if not body:
        raise StreamEnd("the stream ended")
    return decode(body, kind), (descriptors[0] if descriptors else None)


def send_frame(channel: socket.socket, message: Any, deadline: float | None) -> None:
    """Write one frame before `deadline` (monotonic seconds). Raises DeadlineError or ProtocolError."""
    body = msgspec.json.encode(message)
    data = memoryview(_LENGTH.pack(len(body)) + body)
    while data:
        _wait(channel, select.POLLOUT, deadline)
        try:
            data = data[channel.send(data, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL) :]
        except BlockingIOError:
            continue
        except OSError as error:
            raise StreamEnd(f"the other side is gone: {error}") from error


def receive_frame(channel: socket.socket, kind: type[T], limit: int, deadline: float | None) -> T:
    """Read one frame of at most `limit` bytes as a `kind`. Raises DeadlineError or ProtocolError."""
    (length,) = _LENGTH.unpack(_receive(channel, _LENGTH.size, deadline))
    if length > limit:
        raise ProtocolError(f"a frame of {length} bytes, over the limit of {limit}")
    return decode(_receive(channel, length, deadline), kind)


def decode(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    """JSON as a `kind`. Raises ProtocolError for anything else, however deep or odd."""
    try:
        return decoder(kind).decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise ProtocolError(f"not a {kind.__name__}: {error}") from error


def _receive(channel: socket.socket, count: int, deadline: float | None) -> bytes:
    data = bytearray()
    while len(data) < count:
        _wait(channel, select.POLLIN, deadline)
        try:
            part = channel.recv(min(count - len(data), 1 << 16), socket.MSG_DONTWAIT)
        except BlockingIOError:
            continue
        except OSError as error:
            raise StreamEnd(f"the other side is gone: {error}") from error
        if not part:
            raise StreamEnd("the stream ended")
        data += part
    return bytes(data)


def wait_readable(channel: socket.socket, deadline: float | None) -> None:
    """Return when there is something to read. Raises DeadlineError if there is nothing before `deadline`."""
    _wait(channel, select.POLLIN, deadline)


def _wait(channel: socket.socket, event: int, deadline: float | None) -> None:
    poll = select.poll()
    poll.register(channel, event)
    left = None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000
    if not poll.poll(left):
        raise DeadlineError("no answer in time")
