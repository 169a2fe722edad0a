"""The base of all records, and their one encoding: JSON Lines, UTF-8, LF, sorted keys, shortest round-trip floats."""

import json
from collections.abc import Iterable, Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import TypeVar

import msgspec

from tabletutor.records.decoder import decoder
from tabletutor.records.files import BLOCK, write_atomic

R = TypeVar("R", bound="Record")


# No record holds itself, so the garbage collector need not look for cycles; over many records that takes a third of
# the time.
class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """An immutable, typed record. An unknown or ill-typed field is an error when one is read."""


_ENCODER = msgspec.json.Encoder(order="sorted")
# What str.splitlines and other tools take for the end of a line, and JSON lets stand in a text: NEL, LS, PS in UTF-8.
_LINE_ENDS = ((b"\xc2\x85", b"\\u0085"), (b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"))


def encode(record: Record) -> bytes:
    """One record as one line of canonical JSON, without the line feed."""
    return one_line(_ENCODER.encode(record))


def one_line(text: bytes) -> bytes:
    """JSON without a line feed, as one line for every reader: U+0085, U+2028 and U+2029 are escaped."""
    for character, escape in _LINE_ENDS:
        text = text.replace(character, escape)
    return text


def json_line(value: object) -> bytes:
    """Plain data as one line of JSON, keys in their own order, for formats of others."""
    return one_line(json.dumps(value, ensure_ascii=False).encode())


def decode(line: bytes, kind: type[R]) -> R:
    """The record in one line of JSON. Raises `msgspec.ValidationError` where it does not fit `kind`."""
    return decoder(kind).decode(line)


def write_records(path: Path, records: Iterable[R]) -> int:
    """Write records to a JSON Lines file atomically, in the order given; returns how many."""
    return write_lines(path, map(encode, records))


def write_lines(path: Path, lines: Iterable[bytes]) -> int:
    """Write encoded records to a JSON Lines file, as `write_records`."""
    whole = list(lines)
    write_atomic(path, chain.from_iterable(zip(whole, repeat(b"\n"))))
    return len(whole)


def read_records(path: Path, kind: type[R]) -> list[R]:
    """All records of a JSON Lines file. Raises ValueError naming the file and the line that does not fit."""
    return list(each_record(path, kind))


def each_record(path: Path, kind: type[R]) -> Iterator[R]:
    """The records of a JSON Lines file one after another, as `read_records`; for files of which little is kept."""
    decode_line = decoder(kind).decode
    with path.open("rb", buffering=BLOCK) as stream:
        for number, line in enumerate(stream, start=1):
            try:
                record = decode_line(line)
            except (msgspec.ValidationError, msgspec.DecodeError) as error:
                raise ValueError(f"{path}:{number}: not a {kind.__name__}: {error}") from error
            yield record


def write_record(path: Path, record: Record) -> None:
    """Write one record as an indented JSON file, atomically."""
    write_atomic(path, msgspec.json.format(encode(record), indent=2) + b"\n")


def read_record(path: Path, kind: type[R]) -> R:
    """The one record of a JSON file. Raises ValueError naming the file where it does not fit."""
    try:
        return decode(path.read_bytes(), kind)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise ValueError(f"{path}: not a {kind.__name__}: {error}") from error
