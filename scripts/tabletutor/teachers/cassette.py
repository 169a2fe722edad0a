"""Recorded responses of chat models by request, in one file for each stage and table, such as
`cassettes/episodes/mpg.jsonl.gz`.

The file is JSON Lines in gzip, readable with `zcat`. Each line holds a whole request, its key and its response. A
response is appended durably as soon as it exists. So a killed job, or one of several that write at once, loses none.
Files can be joined with `cat`. Keys, headers, addresses and times are never part of it.
"""

import fcntl
import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import msgspec
from loguru import logger

from tabletutor.records.files import naming, sync_folder, write_atomic
from tabletutor.records.record import Record, decode, encode
from tabletutor.teachers.chat import ChatRequest, ChatResponse
from tabletutor.teachers.gzip_members import MAGIC, compress_member, read_members

_GROUP = 64  # entries per gzip member of a compacted file, which compresses texts that requests share


class Entry(Record, frozen=True):
    """A recorded request, its key, and the response."""

    key: str
    request: ChatRequest
    response: ChatResponse


def entry_of(request: ChatRequest, response: ChatResponse) -> Entry:
    """Return the entry of a request and its response."""
    return Entry(request.key, request, response)


class Cassette:
    """The recorded responses in one file. Several threads and processes may use the same file at once."""

    def __init__(self, path: Path) -> None:
        """Read the file, if it exists. Raises ValueError if it is no cassette, or has two responses to one request."""
        self.path = path
        self._lock = Lock()
        self._lines: dict[str, bytes] = {}
        self._file: tuple[int, int] | None = None  # device and inode of the file that has been read
        self._end = 0  # and the end of the last entry in it
        if path.exists():
            with path.open("rb") as stream:
                damaged = self._read_on(stream.fileno())
            if damaged:
                logger.warning("{}: {} bytes hold no whole entry, after a killed writer; ignored", path, damaged)

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[Entry]:
        """Iterate over the entries in the order of their keys."""
        return (decode(self._lines[key], Entry) for key in sorted(self._lines))

    def get(self, request: ChatRequest) -> ChatResponse | None:
        """Return the recorded response to a request, or None."""
        line = self._lines.get(request.key)
        return None if line is None else decode(line, Entry).response

    def put(self, entries: Sequence[Entry]) -> list[ChatResponse]:
        """Append entries durably, and return the recorded response to each.

        If another process has recorded a response to a request first, that one stays, and it is returned.
        """
        with self._lock, self.locked() as descriptor:
            self._read_on(descriptor)
            if os.fstat(descriptor).st_size > self._end:
                os.ftruncate(descriptor, self._end)  # the lock is ours, so the writer of the incomplete end is dead
            new = {entry.key: encode(entry) for entry in entries if entry.key not in self._lines}
            data = b"".join(compress_member(line + b"\n") for line in new.values())
            _write(descriptor, data)
            os.fsync(descriptor)
            self._lines |= new
            self._end += len(data)
        return [decode(self._lines[entry.key], Entry).response for entry in entries]

    def compact(self) -> None:
        """Rewrite the file atomically: sorted by key, each entry once, well compressed. Equal entries give equal bytes.

        The bytes also depend on the version of zlib.
        """
        with self._lock, self.locked() as descriptor:
            self._read_on(descriptor)
            write_atomic(self.path, _canonical(self._lines))

    @contextmanager
    def locked(self) -> Generator[int]:
        """Context manager: a descriptor of the file, locked against other writers. It is created if missing."""
        with naming(self.path):
            descriptor = self._open_locked()
            try:
                yield descriptor
            finally:
                os.close(descriptor)  # releases the lock

    def _open_locked(self) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            created = not self.path.exists()
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
            try:
                if created:
                    sync_folder(self.path.parent)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if self.path.exists() and _identity(self.path.stat()) == _identity(os.fstat(descriptor)):
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # another process has replaced the file meanwhile

    def _read_on(self, descriptor: int) -> int:
        """Read the entries that were added since the last time. Return the number of bytes that belong to none."""
        status = os.fstat(descriptor)
        if _identity(status) != self._file or status.st_size < self._end:
            self._file, self._end = _identity(status), 0
        data = _read(descriptor, self._end, status.st_size)
        if self._end == 0 and not (data.startswith(MAGIC) or MAGIC.startswith(data)):
            raise ValueError(f"{self.path}: not a cassette, which is a gzip file; move it away, or name another file")
        members = read_members(data)
        for content in members.contents:
            for line in content.splitlines():
                self._add(line)
        self._end += members.end
        return members.damaged

    def _add(self, line: bytes) -> None:
        try:
            entry = decode(line, Entry)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise ValueError(f"{self.path}: a line is not an entry of a cassette: {error}: {line[:80]!r}") from error
        if entry.key != entry.request.key:
            raise ValueError(
                f"{self.path}: entry {entry.key}: its request has the key {entry.request.key}, so the entry was edited "
                "or was written by another version; remove the entry, or take the file from its source again"
            )
        known = self._lines.setdefault(entry.key, line)
        if known != line and decode(known, Entry).response != entry.response:
            raise ValueError(
                f"{self.path}: two different responses to one request, with the key {entry.key}; keep the files of one "
                "source only, because results depend on the response"
            )


def merge(paths: Sequence[Path], output: Path) -> int:
    """Write the entries of several cassettes to one, in canonical form, and return their number.

    `output` may be one of `paths`. Raises ValueError if a file is missing or is no cassette, if two files have
    different responses to one request, or if `output` exists and is not one of `paths`. Then the output is unchanged.
    """
    for path in paths:
        if not path.is_file():
            raise ValueError(f"{path}: no such file; name the cassettes to merge")
    if not output.exists():
        return _merge(paths, output)
    if not any(output.samefile(path) for path in paths):
        raise ValueError(f"{output}: exists already; name it among the files to merge too, or choose another name")
    with Cassette(output).locked():
        return _merge(paths, output)


def _merge(paths: Sequence[Path], output: Path) -> int:
    lines: dict[str, bytes] = {}
    sources: dict[str, Path] = {}
    for path in paths:
        for entry in Cassette(path):
            line = encode(entry)
            if lines.setdefault(entry.key, line) != line:
                raise ValueError(
                    f"{path} and {sources[entry.key]}: two different responses to one request, with the key "
                    f"{entry.key}; leave one of the files out, because results depend on the response"
                )
            sources.setdefault(entry.key, path)
    write_atomic(output, _canonical(lines))
    return len(lines)


def _canonical(lines: dict[str, bytes]) -> bytes:
    ordered = [lines[key] + b"\n" for key in sorted(lines)]
    groups = (ordered[start : start + _GROUP] for start in range(0, len(ordered), _GROUP))
    return b"".join(compress_member(b"".join(group)) for group in groups)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _read(descriptor: int, start: int, end: int) -> bytes:
    parts: list[bytes] = []
    while start < end and (part := os.pread(descriptor, end - start, start)):
        parts.append(part)
        start += len(part)
    return b"".join(parts)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
