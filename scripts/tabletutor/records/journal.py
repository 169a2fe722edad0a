"""A journal of a long job's finished units, so that a killed job loses at most the unit it was working on.

A journal is a folder in the cache, named after the stage, the subject (a table or run) and the identity of the work.
Each writer appends to its own file, so two jobs doing the same work at once (in two checkouts, or because one outlived
its workflow) never write to the same file. A reader reads all files. A file starts with a header naming its work and
continues with one line per unit: key, checksum, payload (canonical JSON). The checksum also covers the identity, so
a unit is never served to other work. Truncated or corrupt lines are ignored.
"""

import hashlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Generic, NamedTuple, Self, TypeVar

from loguru import logger

from tabletutor.records.record import Record, decode, encode

T = TypeVar("T")
R = TypeVar("R", bound=Record)

SUFFIX = ".journal"
_FORMAT = "tabletutor-journal 1"


class Work(NamedTuple):
    """The work a journal belongs to: the stage, the table or run worked on, and the identity of the work.

    The identity is a digest of everything a unit's payload depends on besides its key: code, parameters, inputs.
    """

    stage: str
    subject: str
    identity: str

    def folder(self, cache: Path) -> Path:
        """Return the folder of the journal's files."""
        return cache / self.stage / f"{self.subject}-{self.identity[:16]}"

    @property
    def header(self) -> bytes:
        """The first line of each of the journal's files."""
        return "\t".join([_FORMAT, *self]).encode() + b"\n"


class Journal:
    """A context manager over the finished units of one work, by key."""

    def __init__(self, cache: Path, work: Work) -> None:
        """Read all intact units of `work` below the folder `cache`. Nothing is written before the first `put`."""
        self._work = work
        self._folder = work.folder(cache)
        self._stream: BinaryIO | None = None
        self._units: dict[str, bytes] = {}
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            content = read_segment(path)
            if content.work != work:
                logger.warning("{} does not belong to the work its folder is named after; ignored", path)
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
        """Return the payload stored under `key`, or None if that unit is not finished."""
        return self._units.get(key)

    def put(self, key: str, payload: bytes) -> None:
        """Append a finished unit durably. Raises ValueError if the key or payload holds a tab or line feed."""
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


def unfinished(journal: Journal, keys: Sequence[str], whole: bool) -> list[int]:
    """Return the places in `keys` of the units that are not finished.

    With `whole`, the units depend on each other: if one of them is not finished, all are repeated.
    """
    left = [place for place, key in enumerate(keys) if journal.get(key) is None]
    return list(range(len(keys))) if whole and left else left


class Segment(NamedTuple):
    """The content of one writer's file: its work (None if the header is invalid), the intact units, and the number of
    broken lines.
    """

    work: Work | None
    units: dict[str, bytes]
    broken: int


def read_segment(path: Path) -> Segment:
    """Read one writer's file. Units whose checksum does not match count as broken."""
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


class Unit(NamedTuple, Generic[R]):
    """The record of a finished unit, and whether it came from the journal."""

    record: R
    served: bool


def resume(
    items: Iterable[T], key: Callable[[T], str], work: Callable[[T], R], kind: type[R], journal: Journal, pool: Executor
) -> Iterator[Unit[R]]:
    """Yield the unit of every item, in order: read from the journal, or computed by `work` and written to it first.

    `work` runs in the threads of `pool`, and its exceptions propagate. Only the iterating thread writes to the journal.
    """

    def attempt(item: T) -> tuple[str, R]:
        name = key(item)
        stored = journal.get(name)
        return name, decode(stored, kind) if stored is not None else work(item)

    for name, record in pool.map(attempt, items):
        served = journal.get(name) is not None
        if not served:
            journal.put(name, encode(record))
        yield Unit(record, served)
