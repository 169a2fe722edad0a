"""From bytes to columns of text: decoding, parsing, ragged rows. Nothing is interpreted and nothing is lost unsaid.

Rows are spooled in batches to Arrow files, so that memory holds one batch, and later one column, of a large file.
"""

import csv
import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import cast

import polars as pl

from tabletutor.tables.dialect import Dialect, detect_dialect
from tabletutor.tables.encoding import detect_encoding
from tabletutor.tables.errors import TableError
from tabletutor.tables.invisible import VisibleText
from tabletutor.tables.layout import Layout, Line, find_layout, is_comment, is_note

SAMPLE_CHARACTERS = 200_000
SAMPLE_LINES = 1000
BATCH_ROWS = 8192
NAMED_LINES = 5
csv.field_size_limit(1 << 30)


@dataclass(frozen=True)
class TextTable:
    """A table of text cells in spooled Arrow files, its columns in order."""

    names: tuple[str, ...]
    unnamed: frozenset[int]
    rows: int
    batches: tuple[Path, ...]
    encoding: str
    dialect: Dialect
    header_line: int
    warnings: tuple[str, ...]

    def column(self, index: int) -> pl.Series:
        """One column as text; cells that a short row lacks are null."""
        return pl.concat([pl.scan_ipc(batch).select(str(index)) for batch in self.batches]).collect().to_series()


@dataclass
class _Ragged:
    """Counts of mended rows, with the first lines of each kind."""

    lines: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    counts: dict[str, int] = field(default_factory=dict[str, int])

    def add(self, what: str, line: int) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1
        if len(self.lines.setdefault(what, [])) < NAMED_LINES:
            self.lines[what].append(line)

    def warnings(self) -> list[str]:
        return [
            f"{count} {what} (line{'s' if count > 1 else ''} {', '.join(map(str, self.lines[what]))}"
            f"{' …' if count > NAMED_LINES else ''})"
            for what, count in self.counts.items()
        ]


def read_text(path: Path, source: str, spool: Path, max_bytes: int) -> TextTable:
    """Parse a CSV into text columns, spooled into the folder `spool`.

    `source` is the name errors use. Raises TableError where the file is missing, empty, too large, binary, or broken.
    """
    _refuse_unreadable(path, source, max_bytes)
    encoding = detect_encoding(path, source)
    with VisibleText(path.open("r", encoding=encoding.name, newline="")) as stream:
        sample = _sample(stream)
        if not any(line.strip() for line in sample):
            raise TableError(source, "the file holds nothing but blank lines", "Give it a header and rows.", 1)
        dialect = detect_dialect(sample)
        warnings = list(encoding.warnings)
        strict = True
        head: list[Line] = []
        try:
            head = _filled(_lines(dialect, iter(sample), True, source))
        except TableError as error:
            if _cut(stream):
                # The sample ends inside a quoted cell; what was parsed before that is enough.
                head = list(_until_error(dialect, sample, source))
            else:
                strict = False
                head = _filled(_lines(dialect, iter(sample), False, source))
                _refuse_unless_regular(head, error)
                warnings.append(f"misplaced quotes kept as they are: {error}")
        if not head:
            raise TableError(source, "no row could be read", "Check the quotes and delimiters.", 1)
        layout = find_layout(head, source)
        stream.seek(0)
        body = _lines(dialect, stream, strict, source)
        count, batches, mended = _spool(body, layout, spool, source)
    return TextTable(
        layout.names,
        layout.unnamed,
        count,
        tuple(batches),
        encoding.name,
        dialect,
        layout.header_line,
        (*warnings, *stream.warnings(), *layout.warnings, *mended),
    )


def _refuse_unreadable(path: Path, source: str, max_bytes: int) -> None:
    if not path.is_file():
        raise TableError(source, "there is no such file", "Correct the path in the table list, or add the file.")
    size = path.stat().st_size
    if size == 0:
        raise TableError(source, "the file is empty", "Give it a header and rows.", 1, 0)
    if size > max_bytes:
        reason = f"{size} bytes are more than the {max_bytes} allowed"
        raise TableError(source, reason, "Raise tables.max_bytes, or cut the file.")


def _sample(stream: io.TextIOBase) -> list[str]:
    lines: list[str] = []
    length = 0
    for line in islice(stream, SAMPLE_LINES):
        lines.append(line)
        length += len(line)
        if length > SAMPLE_CHARACTERS:
            break
    return lines


def _filled(lines: Iterator[Line]) -> list[Line]:
    return [line for line in lines if any(cell.strip() for cell in line.cells)]


def _cut(stream: io.TextIOBase) -> bool:
    """Whether the file goes on after the sample."""
    return stream.readline() != ""


def _lines(dialect: Dialect, stream: Iterator[str] | io.TextIOBase, strict: bool, source: str) -> Iterator[Line]:
    """Parsed rows with the physical line each starts on. Broken quoting raises TableError with that line."""
    counted = 0

    def counting() -> Iterator[str]:
        nonlocal counted
        for text in stream:
            counted += 1
            yield text

    rows = dialect.reader(counting(), strict)
    while True:
        start = counted + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            reason = "a quoted cell is never closed" if "unexpected end" in str(error) else f"broken quoting: {error}"
            raise TableError(source, reason, "Double each quote inside a quoted cell, or remove it.", start) from error
        yield Line(start, cells)


def _until_error(dialect: Dialect, sample: list[str], source: str) -> Iterator[Line]:
    with suppress(TableError):
        for line in _lines(dialect, iter(sample), True, source):
            if any(cell.strip() for cell in line.cells):
                yield line


def _refuse_unless_regular(head: list[Line], error: TableError) -> None:
    """Misplaced quotes are harmless only if every row still has the same number of cells, each on one line."""
    if len({len(line.cells) for line in head}) != 1 or any("\n" in cell for line in head for cell in line.cells):
        raise error


def _spool(body: Iterator[Line], layout: Layout, spool: Path, source: str) -> tuple[int, list[Path], list[str]]:
    width = len(layout.names)
    ragged = _Ragged()
    batches: list[Path] = []
    count = 0
    rows = _rows(body, layout, width, ragged, source)
    while True:
        batch = list(islice(rows, BATCH_ROWS))
        if not batch and batches:
            break
        columns = list(zip(*batch, strict=True)) if batch else [()] * width
        frame = pl.DataFrame([pl.Series(str(i), column, dtype=pl.String) for i, column in enumerate(columns)])
        target = spool / f"{len(batches):06d}.arrow"
        frame.write_ipc(target)
        batches.append(target)
        count += len(batch)
        if len(batch) < BATCH_ROWS:
            break
    return count, batches, ragged.warnings()


def _rows(body: Iterator[Line], layout: Layout, width: int, ragged: _Ragged, source: str) -> Iterator[list[str | None]]:
    """Data rows of the right width. Short rows that end the file are footers; elsewhere they are filled with nulls."""
    held: list[Line] = []
    for line in body:
        if line.number <= layout.rows_after:
            continue
        if len(line.cells) == width and not held and (width == 1 or sum(map(bool, line.cells)) > 2):
            yield cast(list[str | None], line.cells)
            continue
        if not any(cell.strip() for cell in line.cells) and width > 1:
            if line.cells:
                ragged.add("rows with no value left out", line.number)
            continue
        if is_comment(line.cells, width):
            ragged.add("comments left out", line.number)
            continue
        if is_note(line.cells, width):
            held.append(line)
            continue
        for row in chain(held, (line,)):
            yield _fitted(row, width, ragged, source)
        held.clear()
    for line in held:
        ragged.add(f"row after the last one left out as a footer: {' '.join(line.cells).strip()!r}", line.number)


def _fitted(line: Line, width: int, ragged: _Ragged, source: str) -> list[str | None]:
    cells: list[str | None] = list(line.cells) or [""]
    if len(cells) == width:
        return cells
    if len(cells) < width:
        ragged.add("rows shorter than the header filled with missing cells", line.number)
        return cells + [None] * (width - len(cells))
    extra = [cell for cell in line.cells[width:] if cell.strip()]
    if extra:
        raise TableError(
            source,
            f"{len(cells)} cells where the header has {width} (extra: {extra[0]!r})",
            "Quote cells that contain the delimiter, or name every column.",
            line.number,
        )
    ragged.add("rows with empty cells beyond the header cut", line.number)
    return cells[:width]
