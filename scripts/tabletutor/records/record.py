"""The base of all records, and their one encoding: JSON Lines, UTF-8, LF, sorted keys, shortest round-trip floats."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import msgspec

from tabletutor.records.decoder import decoder
from tabletutor.records.files import write_atomic

R = TypeVar("R", bound="Record")


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An immutable, typed record. An unknown or ill-typed field is an error when one is read."""


def encode(record: Record) -> bytes:
    """One record as one line of canonical JSON, without the line feed."""
    return msgspec.json.encode(record, order="sorted")


def decode(line: bytes, kind: type[R]) -> R:
    """The record in one line of JSON. Raises `msgspec.ValidationError` where it does not fit `kind`."""
    return decoder(kind).decode(line)


def write_records(path: Path, records: Iterable[R]) -> int:
    """Write records to a JSON Lines file atomically, in the order given; returns how many."""
    lines = [encode(record) for record in records]
    write_atomic(path, b"".join(line + b"\n" for line in lines))
    return len(lines)


def read_records(path: Path, kind: type[R]) -> list[R]:
    """All records of a JSON Lines file. Raises ValueError naming the file and the line that does not fit."""
    records: list[R] = []
    content = path.read_bytes()
    for number, line in enumerate(content.removesuffix(b"\n").split(b"\n") if content else [], start=1):
        try:
            records.append(decode(line, kind))
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise ValueError(f"{path}:{number}: not a {kind.__name__}: {error}") from error
    return records


def write_record(path: Path, record: Record) -> None:
    """Write one record as an indented JSON file, atomically."""
    write_atomic(path, msgspec.json.format(encode(record), indent=2) + b"\n")


def read_record(path: Path, kind: type[R]) -> R:
    """The one record of a JSON file. Raises ValueError naming the file where it does not fit."""
    try:
        return decode(path.read_bytes(), kind)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise ValueError(f"{path}: not a {kind.__name__}: {error}") from error
