"""In which encoding a CSV is written: a byte order mark, UTF-8 proved over the whole file, or a reported guess."""

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
# The first bytes of formats that people rename to .csv.
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
# Legacy encodings that CSVs are found in. Windows-1252 comes first: it contains Latin-1's letters.
LEGACY = ("cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "shift_jis", "gb18030", "euc_kr", "big5")
CONTROL = frozenset(range(32)) - {0, 9, 10, 12, 13, 26, 27}


@dataclass(frozen=True)
class Encoding:
    """A codec of Python's, and what had to be guessed about it."""

    name: str
    warnings: tuple[str, ...] = ()


def detect_encoding(path: Path, source: str) -> Encoding:
    """The encoding of a CSV. Raises TableError for binary files and for text in no encoding we know."""
    with path.open("rb") as stream:
        head = stream.read(SAMPLE_BYTES)
    for mark, name in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            _prove(path, name, source)
            return Encoding(name)
    for signature, what in SIGNATURES:
        if head.startswith(signature):
            raise TableError(source, f"this is {what}, not text", "Export the table as CSV.", byte=0)
    wide = _wide_without_mark(head)
    if wide is not None:
        _prove(path, wide, source)
        return Encoding(wide, (f"no byte order mark: read as {wide.upper()}",))
    _refuse_binary(head, source)
    broken = _first_broken(path, "utf-8")
    if broken is None:
        return Encoding("utf-8")
    return _legacy(path, broken, source)


def _wide_without_mark(head: bytes) -> str | None:
    """UTF-16 shows as zeros in every other byte."""
    even, odd = head[0::2], head[1::2]
    if len(odd) < 4 or b"\0" not in head:
        return None
    if odd.count(0) > 0.4 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.4 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return None


def _refuse_binary(head: bytes, source: str) -> None:
    odd: list[int] = [offset for offset, byte in enumerate(head) if byte in CONTROL]
    zeros = head.count(0)
    if len(odd) + zeros > max(2, 0.02 * len(head)) and (odd or zeros > 0.3 * len(head)):
        places: list[int] = [*odd, *([head.index(0)] if zeros else [])]
        first = min(places)
        line = head[:first].count(b"\n") + 1
        raise TableError(source, "this is binary data, not text", "Export the table as CSV in UTF-8.", line, first)


def _first_broken(path: Path, name: str) -> int | None:
    """The offset of the first byte that `name` cannot decode, or None. Reads the file in blocks."""
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


def _line_of(path: Path, offset: int) -> int:
    lines, left = 1, offset
    with path.open("rb") as stream:
        while left > 0:
            block = stream.read(min(BLOCK_BYTES, left))
            lines += block.count(b"\n")
            left -= len(block)
    return lines


def _prove(path: Path, name: str, source: str) -> None:
    broken = _first_broken(path, name)
    if broken is not None:
        raise TableError(
            source,
            f"not valid {name.upper()}, which the file declares or looks like",
            "Save it as UTF-8.",
            _line_of(path, broken),
            broken,
        )


def _legacy(path: Path, broken: int, source: str) -> Encoding:
    """A legacy encoding for a file that is not UTF-8. A file that mixes UTF-8 with something else is refused."""
    with path.open("rb") as stream:
        before = stream.read(broken) if broken <= SAMPLE_BYTES else stream.read(SAMPLE_BYTES)
        stream.seek(max(0, broken - SAMPLE_BYTES // 2))
        sample = stream.read(SAMPLE_BYTES)
    line = _line_of(path, broken)
    if any(byte >= 0x80 for byte in before):
        raise TableError(
            source, "the text is UTF-8 up to here, and then it is not", "Save the whole file as UTF-8.", line, broken
        )
    matches = from_bytes(sample, cp_isolation=list(LEGACY))
    best = matches.best()
    names = [match.encoding for match in matches if best is not None and match.chaos <= best.chaos]
    for name in LEGACY:
        if name in names and _first_broken(path, name) is None:
            guess = f"not UTF-8 (line {line}, byte {broken}): read as {name}, a guess from the letters it gives"
            return Encoding(name, (guess,))
    raise TableError(source, "not UTF-8, and no legacy encoding fits", "Save the file as UTF-8.", line, broken)
