"""The first process of a container: forwards messages between the host's single stream and the warm parent's sessions.

Run as `python relay.py`. Standard input and output carry messages `(session, length, body)`; session 0 is the warm
parent. The stream starts with the `Setup` and the raw bytes of the table. The container ends when the stream ends.
"""

import os
import select
import socket
import subprocess
import sys
from pathlib import Path

_PACKAGE_FOLDER = str(Path(__file__).absolute().parents[3])
sys.path[:0] = [_PACKAGE_FOLDER]

import msgspec  # noqa: E402

from tabletutor.sandbox.protocol import environment  # noqa: E402
from tabletutor.sandbox.protocol.frames import (  # noqa: E402
    LENGTH,
    MAX_REPLY,
    MESSAGE,
    NO_TABLE,
    TABLE,
    End,
    Open,
    ParentReply,
    ProtocolError,
    Setup,
    decode,
    receive_packet,
    send_packet,
)  # fmt: skip

_CHUNK = 1 << 16


class _Session:
    """A session's stream. Accepts only complete frames, one per request, so a session cannot flood the relay."""

    def __init__(self, stream: socket.socket) -> None:
        stream.setblocking(False)
        self.stream = stream
        self.unsent = bytearray()
        self._read = bytearray()
        self._pending = 0

    def request(self, frame: bytes) -> None:
        """Forward a frame from the host and expect one reply frame."""
        self._pending += 1
        self.unsent += LENGTH.pack(len(frame)) + frame
        self.flush()

    def flush(self) -> None:
        """Write as much as the session accepts now."""
        try:
            while self.unsent:
                del self.unsent[: self.stream.send(self.unsent)]
        except BlockingIOError:
            pass
        except OSError:  # the session is gone; reading reports that
            self.unsent.clear()

    def next_frame(self) -> bytes | None:
        """Read once; return a frame if it is complete, else None.

        Raises ProtocolError if the session is gone, replies without a request, or exceeds the size limit.
        """
        try:
            part = self.stream.recv(_CHUNK)
        except OSError as error:
            raise ProtocolError(str(error)) from error
        self._read += part
        if not part or not self._pending:
            raise ProtocolError("the session is gone, or replied without a request")
        if len(self._read) < LENGTH.size:
            return None
        (length,) = LENGTH.unpack_from(self._read)
        if length > MAX_REPLY:
            raise ProtocolError("a frame over the limit")
        if len(self._read) < LENGTH.size + length:
            return None
        body = bytes(self._read[LENGTH.size : LENGTH.size + length])
        del self._read[: LENGTH.size + length]
        self._pending -= 1
        return body


class Relay:
    """Forwards messages between the host's stream and all sessions."""

    def __init__(self, control: socket.socket, stream: int, answer: int) -> None:
        self._control = control
        self._in, self._out = stream, answer
        self._sessions: dict[int, _Session] = {}
        self._numbers: dict[int, int] = {}

    def run(self, first: ParentReply) -> None:
        """Send the warm parent's first reply to the host, then forward messages until the host closes the stream."""
        self._send(0, msgspec.json.encode(first))
        poll = select.poll()
        poll.register(self._in, select.POLLIN)
        while True:
            for descriptor, event in poll.poll():
                if descriptor == self._in:
                    number, length = MESSAGE.unpack(_read_exactly(self._in, MESSAGE.size))
                    self._from_host(number, _read_exactly(self._in, length), poll)
                elif (number := self._numbers.get(descriptor)) is not None:
                    self._from_session(number, event, poll)

    def _from_host(self, number: int, body: bytes, poll: "select.poll") -> None:
        if number == 0:
            message = decode(body, Open | End)  # type: ignore[arg-type]
            send_packet(self._control, message, None, None)
            answer, descriptor = receive_packet(self._control, ParentReply, None)
            if isinstance(message, Open) and descriptor is not None:
                session = _Session(socket.socket(fileno=descriptor))
                self._sessions[message.session] = session
                self._numbers[descriptor] = message.session
                poll.register(descriptor, select.POLLIN)
            self._send(0, msgspec.json.encode(answer))
        elif (session := self._sessions.get(number)) is not None:
            if not body:  # the host closed this channel
                self._drop(number, poll)
            else:
                session.request(body)
                self._update_poll(session, poll)

    def _from_session(self, number: int, event: int, poll: "select.poll") -> None:
        session = self._sessions[number]
        if event & select.POLLOUT:
            session.flush()
            self._update_poll(session, poll)
        if event & ~select.POLLOUT:
            try:
                if (frame := session.next_frame()) is not None:
                    self._send(number, frame)
            except ProtocolError:
                self._drop(number, poll)
                self._send(number, b"")

    def _update_poll(self, session: _Session, poll: "select.poll") -> None:
        poll.modify(session.stream, select.POLLIN | (select.POLLOUT if session.unsent else 0))

    def _drop(self, number: int, poll: "select.poll") -> None:
        session = self._sessions.pop(number)
        poll.unregister(session.stream)
        del self._numbers[session.stream.fileno()]
        session.stream.close()

    def _send(self, number: int, body: bytes) -> None:
        data = memoryview(MESSAGE.pack(number, len(body)) + body)
        while data:
            data = data[os.write(self._out, data) :]


def _read_exactly(descriptor: int, count: int) -> bytes:
    """Read exactly `count` bytes. The end of the stream ends this process, and with it the container."""
    data = bytearray()
    while len(data) < count:
        part = os.read(descriptor, min(count - len(data), 1 << 20))
        if not part:
            os._exit(0)
        data += part
    return bytes(data)


def main() -> None:
    """Receive the table, start the warm parent and forward messages."""
    stream, answer = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    length, size = TABLE.unpack(_read_exactly(stream, TABLE.size))
    setup = decode(_read_exactly(stream, length), Setup)
    table = None
    if size != NO_TABLE:
        table = os.memfd_create("table")
        while size:
            size -= os.write(table, _read_exactly(stream, min(size, 1 << 20)))
        os.lseek(table, 0, os.SEEK_SET)
    control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    subprocess.Popen(
        [sys.executable, "-s", "-P", "-B", str(Path(__file__).with_name("warm.py")), str(other.fileno())],
        stdin=subprocess.DEVNULL, stdout=2, cwd="/", env=environment.PARENT, pass_fds=(other.fileno(),),
    )  # fmt: skip
    other.close()
    relay = Relay(control, stream, answer)
    send_packet(control, setup, table, None)
    first, _ = receive_packet(control, ParentReply, None)
    if table is not None:
        os.close(table)
    relay.run(first)


if __name__ == "__main__":
    main()
