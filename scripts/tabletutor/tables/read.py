"""Read a CSV into columns of text: decode, parse, fit rows to the table. Values are not interpreted.

Every change is reported. Rows are spooled in batches to Arrow files, so memory holds one batch, and later one column.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import polars as pl

from tabletutor.records.table import Repair
from tabletutor.tables.dialect import Dialect, declared_delimiter, detect_dialect
from tabletutor.tables.encoding import detect_encoding
from tabletutor.tables.errors import TableError
from tabletutor.tables.header import Line
from tabletutor.tables.invisible import VisibleText
from tabletutor.tables.journal import ALWAYS_ALLOWED, QUARANTINE, Journal, RepairRules
from tabletutor.tables.layout import find_layout
from tabletutor.tables.quotes import Quoting, Rows
from tabletutor.tables.repair import Fitter, never_empty
from tabletutor.tables.repeated_header import find_repeatable
from tabletutor.tables.shapes import column_shapes, sample_rows
from tabletutor.tables.spool import Spooler

NO_RULES = RepairRules()
SAMPLE_CHARACTERS = 200_000
SAMPLE_LINES = 1000
csv.field_size_limit(1 << 30)


@dataclass(frozen=True)
class TextTable:
    """A table of text cells, spooled to the Arrow files `batches`.

    `names`: unique column names. `headings`: the column headings in the file, which may be empty or repeated; empty
    without a header. `odd_cells`: the warning about cells that are not written like the others of their column, by
    column index. `quarantine`: a CSV of the rows that could not be repaired.
    """

    names: tuple[str, ...]
    rows: int
    batches: tuple[Path, ...]
    encoding: str
    dialect: Dialect
    header_line: int
    warnings: tuple[str, ...]
    odd_cells: Mapping[int, str]
    units: Mapping[int, str]
    repairs: tuple[Repair, ...]
    repaired: int
    quarantined: int
    quarantine: Path
    headings: tuple[str, ...]

    @property
    def unnamed(self) -> frozenset[int]:
        """Indexes of the columns without a heading in the file."""
        return frozenset(index for index, heading in enumerate(self.headings) if not heading.strip())

    def column(self, index: int) -> pl.Series:
        """Return one column as text. Cells missing from a short row are null."""
        return pl.concat([pl.scan_ipc(batch).select(str(index)) for batch in self.batches]).collect().to_series()


def read_text(path: Path, source: str, spool: Path, max_bytes: int, rules: RepairRules = NO_RULES) -> TextTable:
    """Parse a CSV into text columns, spooled into the folder `spool`.

    Args:
        path: The file to read.
        source: Name of the file in error messages.
        spool: Existing folder for the Arrow files and the quarantine.
        max_bytes: Largest accepted file size in bytes.
        rules: How many rows may be repaired or quarantined.

    Returns:
        The table.

    Raises:
        TableError: If the file is missing, empty, too large or binary, or has more broken rows than `rules` allow.
    """
    _refuse_unreadable(path, source, max_bytes)
    encoding = detect_encoding(path, source)
    warnings = list(encoding.warnings)
    with VisibleText(path.open("r", encoding=encoding.name, newline="")) as stream:
        sample = _sample_lines(stream)
        if not any(line.strip() for line in sample):
            raise TableError(source, "the file contains only blank lines", "Add a header and rows.", 1)
        dialect = detect_dialect(sample)
        declared = declared_delimiter(sample) is not None
        if declared:
            warnings.append(f"line 1 left out: it declares the delimiter: {sample[0].strip()!r}")
        head = [line for line in _sample_rows(dialect, sample, stream) if line.number > declared]
        if not head:
            raise TableError(source, "no row could be read", "Check the quotes and delimiters.", 1)
        layout = find_layout(head, source, refuse_repeated=rules.refuse)
        width = len(layout.names)
        rows = [line for line in head if line.number > layout.rows_after]
        first = column_shapes([line.cells for line in rows if not line.broken], width)
        body = (line for line in _all_rows(dialect, stream, width, declared) if line.number > layout.rows_after)
        sampled = sample_rows(body, width)
        quoting = Quoting(dialect)
        fitter = Fitter(width, column_shapes(sampled, width), quoting, never_empty(sampled, width))
        journal = Journal(source, rules, spool / QUARANTINE)
        repeated = find_repeatable(layout.headings, sampled)
        spooler = Spooler(layout, fitter, journal, first, repeated, _has_undoubled_quotes(rows, quoting, width))
        count, batches = spooler.spool(_all_rows(dialect, stream, width, declared), spool)
        journal.refuse_if_too_broken(count)
    return TextTable(
        names=layout.names,
        rows=count,
        batches=batches,
        encoding=encoding.name,
        dialect=dialect,
        header_line=layout.header_line,
        warnings=(*warnings, *stream.warnings(), *layout.warnings, *journal.warnings()),
        odd_cells=journal.column_warnings(),
        units=layout.units,
        repairs=tuple(journal.repairs),
        repaired=journal.repaired,
        quarantined=journal.quarantined,
        quarantine=journal.quarantine,
        headings=layout.headings,
    )


def _sample_rows(dialect: Dialect, sample: list[str], stream: io.TextIOBase) -> list[Line]:
    """Return the non-empty rows of the sample, without a broken last row if the file continues after the sample."""
    head = [line for line in Rows(dialect, sample) if any(cell.strip() for cell in line.cells)]
    width = Counter(len(line.cells) for line in head if not line.broken).most_common(1)
    if width and any(line.broken or "\n" in line.text[:-1] for line in head):
        head = [line for line in Rows(dialect, sample, width[0][0]) if any(cell.strip() for cell in line.cells)]
    if head and head[-1].broken and stream.readline():
        # The sample may end inside a quoted cell. The rows before it are enough.
        del head[-1]
    return head


def _all_rows(dialect: Dialect, stream: io.TextIOBase, width: int, declared: bool) -> Iterator[Line]:
    """Return all rows from the start of the file.

    `declared`: the first line declares the delimiter and reads as an empty row.
    """
    stream.seek(0)
    return iter(Rows(dialect, chain(["\n"], islice(stream, 1, None)) if declared else stream, width))


def _has_undoubled_quotes(rows: list[Line], quoting: Quoting, width: int) -> bool:
    """Return whether the file never doubles quotes inside quoted cells, so that such rows do not count as broken."""
    broken = [line for line in rows if line.broken]
    return len(broken) > max(ALWAYS_ALLOWED, len(rows) // 50) and all(
        len(line.cells) == width and quoting.undoubled.fullmatch(line.bare) for line in broken
    )


def _refuse_unreadable(path: Path, source: str, max_bytes: int) -> None:
    """Raise TableError if the file is missing, empty or larger than `max_bytes`."""
    if not path.is_file():
        raise TableError(source, "no such file", "Correct the path in the table list, or add the file.")
    size = path.stat().st_size
    if size == 0:
        raise TableError(source, "the file is empty", "Add a header and rows.", 1, 0)
    if size > max_bytes:
        reason = f"the file has {size} bytes, more than the {max_bytes} allowed"
        raise TableError(source, reason, "Raise tables.max_bytes, or shorten the file.")


def _sample_lines(stream: io.TextIOBase) -> list[str]:
    """Return the first lines of the file: at most 1000, about 200,000 characters."""
    lines: list[str] = []
    length = 0
    for line in islice(stream, SAMPLE_LINES):
        lines.append(line)
        length += len(line)
        if length > SAMPLE_CHARACTERS:
            break
    return lines
