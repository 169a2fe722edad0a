"""Where the table lies in a CSV: lines before the header, the header itself, and the width of its rows."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from tabletutor.tables.errors import TableError
from tabletutor.tables.invisible import strip_spaces

PREAMBLE_ROWS = 40
_VALUE = re.compile(
    r"\s*[-+(]?\s?[$€£¥]?\s?\d[\d.,  ']*(?:[eE][-+]?\d+)?\s?[%€)]?\s*"
    r"|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ].*)?"
)
_YEAR = re.compile(r"(?:1[5-9]|20|21)\d\d")
_NOTE = re.compile(r"\s*(?:source|sources|note|notes|footnote|quelle|fuente)\b|\s*[*#†©(]|\s*--\s*\w", re.IGNORECASE)


class Line(NamedTuple):
    """One parsed row and the physical line it starts on (counted from 1)."""

    number: int
    cells: list[str]


@dataclass(frozen=True)
class Layout:
    """The names of the columns, which of them the file left unnamed, the line the header stands on (0: there is none),
    the line after which rows begin, and what was found or mended."""

    names: tuple[str, ...]
    unnamed: frozenset[int]
    header_line: int
    rows_after: int
    warnings: tuple[str, ...]


def find_layout(sample: list[Line], source: str) -> Layout:
    """The layout of a table from its first rows (blank lines left out).

    Raises TableError where two columns have one name or the header is narrower than the rows.
    """
    width = _width(sample)
    position = _header_position(sample, width)
    header = sample[position]
    before = sample[:position]
    warnings = [f"line {line.number} before the header left out: {' '.join(line.cells).strip()!r}" for line in before]
    rows = sample[position + 1 :]
    if rows and _headerless(header.cells, [row.cells for row in rows]):
        names = tuple(f"column_{index}" for index in range(1, len(header.cells) + 1))
        warnings.append(f"no header: the first row looks like data; columns are named {', '.join(names)}")
        return Layout(names, frozenset(), 0, header.number - 1, tuple(warnings))
    written = _widened(header, rows, width, source)
    cells = strip_spaces(pl.Series(written, dtype=pl.String)).to_list()
    spaced = [cell for cell, before in zip(cells, written, strict=True) if cell != before]
    warnings += [f"spaces other than plain ones removed at the ends of header {cell!r}" for cell in spaced]
    names = _named(cells)
    _refuse_duplicates(names, header.number, source)
    warnings += _alike(names)
    unnamed = frozenset(index for index, cell in enumerate(cells) if not cell.strip())
    return Layout(names, unnamed, header.number, header.number, tuple(warnings))


def is_comment(cells: list[str], width: int) -> bool:
    """Whether a row is a comment: it begins with `#` and has another width than the table."""
    return bool(cells) and cells[0].lstrip().startswith("#") and len(cells) != width


def is_note(cells: list[str], width: int) -> bool:
    """Whether a row at the end is a footer: only its first cell is filled, and it is cut short or a remark."""
    filled = [cell for cell in cells if cell.strip()]
    if width < 3 or len(filled) > 1 or (cells and not cells[0].strip() and filled):
        return False
    return len(cells) < width or not filled or _NOTE.match(filled[0]) is not None or len(filled[0]) > 60


def _width(sample: list[Line]) -> int:
    """The most frequent row width; of equals, the wider."""
    counts = Counter(len(line.cells) for line in sample if not line.cells[0].startswith("#"))
    if not counts:
        return len(sample[0].cells)
    return max(counts, key=lambda width: (counts[width], width))


def _header_position(sample: list[Line], width: int) -> int:
    """The first row that fills at least half the width; titles and comments above it fill less or are cut short."""
    if width == 1:
        return 0
    for position, line in enumerate(sample[:PREAMBLE_ROWS]):
        filled = sum(1 for cell in line.cells if cell.strip())
        short = position > 0 and len(line.cells) < width
        if filled >= max(2, (width + 1) // 2) and not short and not is_comment(line.cells, width):
            return position
    return 0


def _headerless(header: list[str], rows: list[list[str]]) -> bool:
    """Whether the first row is data: it has values above columns of values, and no name above any of them."""
    against = 0
    for index, name in enumerate(header):
        cells = [row[index] for row in rows if index < len(row) and row[index].strip()]
        if not cells or sum(1 for cell in cells if _VALUE.fullmatch(cell)) < 0.8 * len(cells):
            continue
        if name.strip() and not _VALUE.fullmatch(name):
            return False
        if name.strip() and not _YEAR.fullmatch(name.strip()):
            against += 1
    return against > 0


def _widened(header: Line, rows: list[Line], width: int, source: str) -> list[str]:
    """The header's cells, with unnamed columns added if rows only run on with empty cells."""
    cells = list(header.cells)
    if len(cells) >= width:
        return cells
    for row in rows:
        beyond = [cell for cell in row.cells[len(cells) :] if cell.strip()]
        if len(row.cells) == width and beyond:
            raise TableError(
                source,
                f"the header has {len(cells)} names, but this row {len(row.cells)} cells (extra: {beyond[0]!r})",
                "Name every column in the header.",
                row.number,
            )
    return cells + [""] * (width - len(cells))


def _named(cells: list[str]) -> tuple[str, ...]:
    """Names for all columns: headers as they are, and `column_N` for those that have none."""
    names: list[str] = []
    for index, cell in enumerate(cells, start=1):
        name = cell if cell.strip() else f"column_{index}"
        while not cell.strip() and name in cells:
            name += "_"
        names.append(name)
    return tuple(names)


def _alike(names: tuple[str, ...]) -> list[str]:
    folded = Counter(name.casefold() for name in names)
    same = [name for name in names if folded[name.casefold()] > 1]
    return [f"headers differ only by case: {', '.join(repr(name) for name in same)}"] if same else []


def _refuse_duplicates(names: tuple[str, ...], line: int, source: str) -> None:
    places: dict[str, list[int]] = {}
    for index, name in enumerate(names, start=1):
        places.setdefault(name, []).append(index)
    for name, found in places.items():
        if len(found) > 1:
            where = " and ".join(str(index) for index in found)
            reason = f"duplicate header {name!r}: columns {where}"
            raise TableError(source, reason, "Give each column a name of its own.", line)
