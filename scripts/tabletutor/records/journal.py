"""A journal: finished units of a long job, kept so that a killed job costs one unit and not the run.

A journal is a folder of the cache, named after the stage, what is worked on and the identity of the work. Each writer
appends to a file of its own in it, so two jobs that do the same work at once, in two checkouts or because one outlived
its workflow, never write to one file; all files are read. A file begins with a line that says what it is of, and has
one line a unit: key, checksum, payload (canonical JSON). The checksum is over the identity too, so no unit is served
to other work, and a line that is torn or fails it is not there.
"""

import hashlib
import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self

from loguru import logger

SUFFIX = ".journal"
_FORMAT = "tabletutor-journal 1"


class Work(NamedTuple):
    """What a journal is of: the stage, the table or run worked on, and the identity of the work.

    The identity is a digest over all that a unit's payload depends on and that its key does not say: code, parameters,
    inputs.
    """

    stage: str
    subject: str
    identity: str

    def folder(self, cache: Path) -> Path:
        """Where its units are kept."""
        return cache / self.stage / f"{self.subject}-{self.identity[:16]}"

    @property
    def header(self) -> bytes:
        """The first line of its files."""
        return "\t".join([_FORMAT, *self]).encode() + b"\n"


class Journal:
    """Finished units by key."""

    def __init__(self, cache: Path, work: Work) -> None:
        """Read every whole unit of the same work in the folder `cache`. Nothing is written before the first `put`."""
        self._work = work
        self._folder = work.folder(cache)
        self._stream: BinaryIO | None = None
        self._units: dict[str, bytes] = {}
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            content = read_segment(path)
            if content.work != work:
                logger.warning("{} is of other work than its folder; it is left alone", path)
                continue
            self._units.update(content.units)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._stream.close()

    def __len__(self) -> int:
        return len(self._units)

    def get(self, key: str) -> bytes | None:
        """The payload stored under `key`, or None if that unit is still to be done."""
        return self._units.get(key)

    def put(self, key: str, payload: bytes) -> None:
        """Append a finished unit durably. Raises ValueError for a key or payload that would break the line."""
        if "\t" in key or "\n" in key or b"\n" in payload:
            raise ValueError(f"journal key {key!r} or its payload holds a tab or line feed")
        if self._stream is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            name = f"{os.getpid()}-{secrets.token_hex(8)}{SUFFIX}"
            self._stream = (self._folder / name).open("xb")
            self._stream.write(self._work.header)
        self._stream.write(b"\t".join((key.encode(), _checksum(self._work, key, payload), payload)) + b"\n")
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._units[key] = payload


class Segment(NamedTuple):
    """What is in one writer's file: the work it is of (None where the first line is not whole), whole units, and how
    many lines are neither.
    """

    work: Work | None
    units: dict[str, bytes]
    broken: int


def read_segment(path: Path) -> Segment:
    """Read one writer's file; nothing in it is trusted without its checksum."""
    header, *lines = path.read_bytes().split(b"\n")
    parts = header.decode(errors="replace").split("\t")
    if len(parts) != 4 or parts[0] != _FORMAT or not lines:
        return Segment(None, {}, 1)
    work = Work(*parts[1:])
    units = [_unit(work, line) for line in lines if line]
    return Segment(work, dict(unit for unit in units if unit), units.count(None))


def _unit(work: Work, line: bytes) -> tuple[str, bytes] | None:
    parts = line.split(b"\t", 2)
    if len(parts) != 3:
        return None
    key, checksum, payload = parts
    try:
        name = key.decode()
    except UnicodeDecodeError:
        return None
    return (name, payload) if _checksum(work, name, payload) == checksum else None


def _checksum(work: Work, key: str, payload: bytes) -> bytes:
    return hashlib.sha256(f"{work.identity}\t{key}\t".encode() + payload).hexdigest()[:16].encode()
