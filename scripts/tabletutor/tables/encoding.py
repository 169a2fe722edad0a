"""Detect the encoding of a CSV: byte order mark, else UTF-8 checked over the whole file, else a reported guess."""

import codecs
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

from tabletutor.tables.errors import TableError

SAMPLE_BYTES = 1 << 18
BLOCK_BYTES = 1 << 20
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# First bytes of other file formats that are sometimes named .csv.
SIGNATURES = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook (.xlsx)"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"%PDF", "a PDF document"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite format 3", "a SQLite database"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x7fELF", "a program"),
)
# Common legacy encodings, in order of preference. Windows-1252 also covers the letters of Latin-1.
LEGACY = ("cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "shift_jis", "gb18030", "euc_kr", "big5")
CONTROL = frozenset(range(32)) - {0, 9, 10, 12, 13, 26, 27}


@dataclass(frozen=True)
class Encoding:
    """A Python codec name, with a warning if it was guessed."""

    name: str
    warnings: tuple[str, ...] = ()


def detect_encoding(path: Path, source: str) -> Encoding:
    """Return the encoding of a CSV. Raises TableError for binary files and for text in no known encoding."""
    with path.open("rb") as stream:
        head = stream.read(SAMPLE_BYTES)
    for mark, name in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            _require_decodable(path, name, source)
            return Encoding(name)
    for signature, what in SIGNATURES:
        if head.startswith(signature):
            raise TableError(source, f"this is {what}, not text", "Export the table as CSV.", byte=0)
    wide = _detect_utf16(head)
    if wide is not None:
        _require_decodable(path, wide, source)
        return Encoding(wide, (f"no byte order mark: read as {wide.upper()}",))
    _refuse_binary(head, source)
    broken = _first_undecodable(path, "utf-8")
    if broken is None:
        return Encoding("utf-8")
    return _detect_legacy(path, broken, source)


def _detect_utf16(head: bytes) -> str | None:
    """Return the UTF-16 variant of bytes without a byte order mark, or None. In UTF-16 every other byte is often 0."""
    even, odd = head[0::2], head[1::2]
    if len(odd) < 4 or b"\0" not in head:
        return None
    if odd.count(0) > 0.4 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.4 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return None


def _refuse_binary(head: bytes, source: str) -> None:
    """Raise TableError if the first bytes contain too many control characters or zeros for text."""
    odd: list[int] = [offset for offset, byte in enumerate(head) if byte in CONTROL]
    zeros = head.count(0)
    if len(odd) + zeros > max(2, 0.02 * len(head)) and (odd or zeros > 0.3 * len(head)):
        places: list[int] = [*odd, *([head.index(0)] if zeros else [])]
        first = min(places)
        line = head[:first].count(b"\n") + 1
        raise TableError(source, "this is binary data, not text", "Export the table as CSV in UTF-8.", line, first)


def _first_undecodable(path: Path, name: str) -> int | None:
    """Return the offset of the first byte that the codec `name` cannot decode, or None. Reads the file in blocks."""
    decoder = codecs.getincrementaldecoder(name)()
    offset = 0
    with path.open("rb") as stream:
        while True:
            block = stream.read(BLOCK_BYTES)
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                return offset - pending + error.start
            if not block:
                return None
            offset += len(block)


def _line_number(path: Path, offset: int) -> int:
    """Return the line, counted from 1, that holds the byte at `offset`."""
    lines, left = 1, offset
    with path.open("rb") as stream:
        while left > 0:
            block = stream.read(min(BLOCK_BYTES, left))
            lines += block.count(b"\n")
            left -= len(block)
    return lines


def _require_decodable(path: Path, name: str, source: str) -> None:
    """Raise TableError unless the codec `name` decodes the whole file."""
    broken = _first_undecodable(path, name)
    if broken is not None:
        raise TableError(
            source,
            f"not valid {name.upper()}, although the file looks like it",
            "Save the file as UTF-8.",
            _line_number(path, broken),
            broken,
        )


def _detect_legacy(path: Path, broken: int, source: str) -> Encoding:
    """Return a legacy encoding for a file that is not UTF-8.

    `broken` is the offset of the first byte that is not UTF-8. Raises TableError if the file mixes UTF-8 with another
    encoding, or if no legacy encoding fits.
    """
    with path.open("rb") as stream:
        before = stream.read(broken) if broken <= SAMPLE_BYTES else stream.read(SAMPLE_BYTES)
        stream.seek(max(0, broken - SAMPLE_BYTES // 2))
        sample = stream.read(SAMPLE_BYTES)
    line = _line_number(path, broken)
    if any(byte >= 0x80 for byte in before):
        raise TableError(
            source, "valid UTF-8 up to here, but not from here on", "Save the whole file as UTF-8.", line, broken
        )
    matches = from_bytes(sample, cp_isolation=list(LEGACY))
    best = matches.best()
    names = [match.encoding for match in matches if best is not None and match.chaos <= best.chaos]
    for name in LEGACY:
        if name in names and _first_undecodable(path, name) is None:
            guess = f"not UTF-8 (line {line}, byte {broken}): read as {name}, a guess from the letters it gives"
            return Encoding(name, (guess,))
    raise TableError(source, "not UTF-8, and no legacy encoding fits", "Save the file as UTF-8.", line, broken)
