"""The base class of all records and their only encoding: JSON Lines in UTF-8, LF, sorted keys, shortest round-trip
floats.
"""

import json
from collections.abc import Iterable, Iterator
from itertools import chain, repeat
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import msgspec

from tabletutor.records.files import BLOCK, write_atomic

T = TypeVar("T")
R = TypeVar("R", bound=msgspec.Struct)  # what is read may be part of a record
W = TypeVar("W", bound="Record")


# Records contain no reference cycles, so they are not tracked by the garbage collector. With many records, tracking
# would take a third of the time.
class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """An immutable, typed record. Decoding fails on an unknown field or a value of the wrong type."""


_ENCODER = msgspec.json.Encoder(order="sorted")
# JSON allows these characters in a string, but str.splitlines and other tools treat them as line ends: NEL, LS and PS
# in UTF-8.
_LINE_ENDS = ((b"\xc2\x85", b"\\u0085"), (b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"))
# msgspec inspects a type when it is first decoded. Two threads that do this for the same type at the same time crash
# the process (seen with 0.22: a segmentation fault in one of three runs of eight threads).
_decoder_lock = Lock()
_decoders: dict[type[Any], msgspec.json.Decoder[Any]] = {}


def decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    """Return the JSON decoder of a type; safe to call from any thread.

    After the first call for a type, `msgspec.convert` to that type is safe as well.
    """
    with _decoder_lock:
        if kind not in _decoders:
            _decoders[kind] = msgspec.json.Decoder(kind)
        return _decoders[kind]


def encode(record: Record) -> bytes:
    """Return one record as one line of canonical JSON, without the line feed."""
    return one_line(_ENCODER.encode(record))


def one_line(text: bytes) -> bytes:
    """Escape U+0085, U+2028 and U+2029 in JSON that has no line feed, so that every reader sees one line."""
    for character, escape in _LINE_ENDS:
        text = text.replace(character, escape)
    return text


def json_line(value: object) -> bytes:
    """Return plain data as one line of JSON with the keys in their given order, for formats of other tools."""
    return one_line(json.dumps(value, ensure_ascii=False).encode())


def decode(line: bytes, kind: type[R]) -> R:
    """Return the record in one line of JSON. Raises `msgspec.ValidationError` if it does not fit `kind`."""
    return decoder(kind).decode(line)


def write_records(path: Path, records: Iterable[W]) -> int:
    """Write records to a JSON Lines file atomically, in the given order. Return their number."""
    return write_lines(path, map(encode, records))


def write_lines(path: Path, lines: Iterable[bytes]) -> int:
    """Write encoded records to a JSON Lines file atomically, in the given order. Return their number."""
    whole = list(lines)
    write_atomic(path, chain.from_iterable(zip(whole, repeat(b"\n"))))
    return len(whole)


def read_records(path: Path, kind: type[R]) -> list[R]:
    """Return all records of a JSON Lines file. Raises ValueError naming the file and the line that does not fit."""
    return list(each_record(path, kind))


def each_record(path: Path, kind: type[R]) -> Iterator[R]:
    """Yield the records of a JSON Lines file one by one, for large files of which little is kept in memory.

    Raises ValueError naming the file and the line that does not fit.
    """
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
    """Return the one record of a JSON file. Raises ValueError naming the file if it does not fit `kind`."""
    try:
        return decode(path.read_bytes(), kind)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise ValueError(f"{path}: not a {kind.__name__}: {error}") from error
