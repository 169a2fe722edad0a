"""Find the table in a CSV: lines before the header, the header, rows below it that are not data, and the width."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from tabletutor.tables.errors import TableError
from tabletutor.tables.header import (
    Line,
    header_position,
    is_headerless,
    is_marker,
    is_ruler,
    is_second_header,
    is_units,
    is_value,
    is_year,
    join_headers,
)
from tabletutor.tables.invisible import strip_spaces

FAR_DOWN = 5
_NOTE = re.compile(r"\s*(?:source|sources|note|notes|footnote|quelle|fuente)\b|\s*[*#†©(]|\s*--\s*\w", re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """The position of the table in the file, and the names of its columns.

    `header_line`: line of the header, 0 without one. `rows_after`: data rows start after this line. `units`: unit by
    column index. `header`: the cells of the header line as parsed. `headings`: the heading of each column before
    unnamed columns were named and repeated names numbered, "" for a column without one.
    """

    names: tuple[str, ...]
    header_line: int
    rows_after: int
    warnings: tuple[str, ...]
    units: Mapping[int, str] = field(default_factory=dict[int, str])
    header: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()


def find_layout(sample: list[Line], source: str, refuse_repeated: bool = False) -> Layout:
    """Return the layout of a table, from its first rows without blank lines. Repeated names get a number.

    Raises TableError if a name contains a NUL character, or if a name is repeated and `refuse_repeated` is set.
    """
    width = _width(sample)
    rows = [line.cells for line in sample if len(line.cells) == width]
    # If every row ends with a delimiter and the header does not, the header is one cell narrower.
    trailing = width > 2 and not any(cells[-1].strip() for cells in rows)
    full = width - 1 if trailing else width
    cut = [line._replace(cells=line.cells[:full]) if len(line.cells) == width else line for line in sample]
    position = header_position(cut, full)
    header = sample[position]
    before = sample[:position]
    warnings = [f"line {line.number} before the header left out: {' '.join(line.cells).strip()!r}" for line in before]
    if position > FAR_DOWN:
        warnings.append(f"question: is line {header.number} the header? {position} rows above it were left out")
    rows = sample[position + 1 :]
    if rows and is_headerless(header.cells, [row.cells for row in rows]):
        names = tuple(f"column_{index}" for index in range(1, max(width, len(header.cells)) + 1))
        warnings.append(f"no header: the first row looks like data; columns are named {', '.join(names)}")
        return Layout(names, 0, header.number - 1, tuple(warnings))
    if header.broken:
        warnings.append(f"line {header.number}: the header has a misplaced quote; it was kept as part of its name")
    cells, last, units = _rows_below_header(header, rows, warnings)
    rows = [row for row in rows if row.number > last]
    written = _widen_header(cells, rows, width, warnings)
    cells = strip_spaces(pl.Series(written, dtype=pl.String)).to_list()
    spaced = [cell for cell, before in zip(cells, written, strict=True) if cell != before]
    warnings += [f"spaces other than plain ones removed at the ends of header {cell!r}" for cell in spaced]
    names = _fill_names(cells)
    _refuse_nul(names, header.number, source)
    if refuse_repeated:
        _refuse_repeated(names, header.number, source)
    names = _number_repeats(names, warnings)
    warnings += _case_warnings(names)
    if any(is_value(name) and not is_year(name) for name in names):
        warnings.append(f"question: is line {header.number} the header? It holds numbers or dates")
    for name in filter(is_marker, names):
        warnings.append(f"question: is line {header.number} the header? It holds {name!r}, a missing value elsewhere")
    quoted = [name for name in names if len(name) > 2 and name[0] == name[-1] == "'"]
    warnings += [f"header {name!r}: the single quotes are kept as part of the name" for name in quoted]
    return Layout(
        names=names,
        header_line=header.number,
        rows_after=last,
        warnings=tuple(warnings),
        units=units,
        header=tuple(header.cells),
        headings=tuple(cells),
    )


def _rows_below_header(
    header: Line, rows: Sequence[Line], warnings: list[str]
) -> tuple[list[str], int, dict[int, str]]:
    """Separate rulers, units and second header rows below the header from the data, and add warnings about them.

    Returns the cells of the header (joined with a second header row, if there is one), the last line of the header
    block, and units by column index.
    """
    cells, last = list(header.cells), header.number
    units: dict[int, str] = {}
    for position, line in enumerate(rows[:4]):
        after = [row.cells for row in rows[position + 1 :] if not _is_outside_table(row.cells, header.cells)]
        text = " ".join(line.cells).strip()
        if is_ruler(line.cells) and (after or len(line.cells) == len(cells)):
            warnings.append(f"line {line.number} left out: a ruler under the header: {text!r}")
        elif len(after) < 2 or len(line.cells) != len(cells):
            break
        elif line.cells == header.cells:
            warnings.append(f"line {line.number} left out: the header once more")
        elif is_units(line.cells, after) and not units and _has_names_above(line.cells, cells):
            units = {index: cell.strip(" []()") for index, cell in enumerate(line.cells) if cell.strip()}
            warnings.append(f"line {line.number} left out: units of the columns: {text!r}")
        elif is_second_header(cells, line.cells, after):
            joined = join_headers(cells, line.cells)
            same = len(set(joined)) < len(joined)
            warnings.append(
                f"question: line {line.number} was taken as a second header row and "
                f"{'left out' if same else 'joined to the first'}: {text!r}; is it one?"
            )
            cells = cells if same else joined
        else:
            break
        last = line.number
    return cells, last, units


def _has_names_above(units: list[str], header: list[str]) -> bool:
    """Return whether every unit has a column name above it. The first column may count rows and have no name."""
    return all(name.strip() for name, unit in zip(header[1:], units[1:], strict=True) if unit.strip())


def _is_outside_table(cells: list[str], header: list[str]) -> bool:
    """Return whether a row below the header is not data: a repeated header or a footer."""
    return cells == header or is_note(cells, len(header))


def is_note(cells: list[str], width: int) -> bool:
    """Return whether a row can be a footer: only its first cell is filled, and the row is short or the cell a note."""
    filled = [cell for cell in cells if cell.strip()]
    if width < 2 or len(filled) > 1 or (cells and not cells[0].strip() and filled):
        return False
    if width == 2 and filled:
        return _NOTE.match(filled[0]) is not None
    return len(cells) < width or not filled or _NOTE.match(filled[0]) is not None or len(filled[0]) > 60


def _width(sample: list[Line]) -> int:
    """Return the most frequent row width; the larger one on a tie."""
    whole = [line.cells for line in sample if line.cells and not line.broken]
    counts = Counter(len(cells) for cells in whole if not cells[0].startswith("#"))
    if not counts:
        return len(sample[0].cells)
    return max(counts, key=lambda width: (counts[width], width))


def _widen_header(cells: list[str], rows: list[Line], width: int, warnings: list[str]) -> list[str]:
    """Return the header's cells, extended by empty cells if the rows have more columns. Adds warnings."""
    have = len(cells)
    full = [row.cells for row in rows if not row.broken]
    beyond = Counter(
        max(index for index, cell in enumerate(row) if cell.strip()) + 1
        for row in full
        if len(row) > max(have, width) and any(cell.strip() for cell in row[max(have, width) :])
    )
    if sum(beyond.values()) > max(3, len(full) // 2):
        width = max(beyond)
    if have >= width:
        return _narrow_header(cells, max(map(len, full), default=have), warnings)
    lack = width - have
    wide = [row for row in full if len(row) >= width]
    if not any(cell.strip() for row in wide for cell in row[have:]):
        warnings.append(
            f"question: the header has {have} names and rows have {width} cells, the last of them always empty: "
            "do rows end with a delimiter (so they were read), or is a delimiter missing between two names?"
        )
        return cells + [""] * lack
    numbered = lack == 1 and [row[0].strip() for row in wide] in (
        [str(number) for number in range(first, first + len(wide))] for first in (0, 1)
    )
    if numbered and len(wide) > 2:
        warnings.append(f"the header has {have} names for {width} columns: the first one, which counts rows, has none")
        return ["", *cells]
    warnings.append(
        f"question: the header has {have} names for {width} columns; which have none? "
        f"The last {'one is' if lack == 1 else f'{lack} are'} taken as unnamed, so names may stand over wrong columns"
    )
    return cells + [""] * lack


def _narrow_header(cells: list[str], longest: int, warnings: list[str]) -> list[str]:
    """Return the header's cells, shortened if it is wider than every row. Adds warnings.

    Removes empty cells between the names (`day,,town`) if the names then match the widest row; otherwise only the
    empty cells at the end.
    """
    last = max((place for place, cell in enumerate(cells, start=1) if cell.strip()), default=0)
    if longest >= last:
        return cells
    named = [cell for cell in cells if cell.strip()]
    what = f"question: the header has {last} cells and no row has more than {longest}"
    if len(named) == longest:
        warnings.append(f"{what}: its empty cells were left out; is a delimiter doubled there?")
        return named
    warnings.append(f"{what}: the last columns have no values; does a delimiter stand inside a name?")
    return cells[:last]


def _fill_names(cells: list[str]) -> tuple[str, ...]:
    """Return a name for every column: its heading, or `column_N` if the heading is empty."""
    names: list[str] = []
    for index, cell in enumerate(cells, start=1):
        name = cell if cell.strip() else f"column_{index}"
        while not cell.strip() and name in cells:
            name += "_"
        names.append(name)
    return tuple(names)


def _case_warnings(names: tuple[str, ...]) -> list[str]:
    """Return a warning if names differ only by case."""
    folded = Counter(name.casefold() for name in names)
    same = [name for name in names if folded[name.casefold()] > 1]
    return [f"headers differ only by case: {', '.join(repr(name) for name in same)}"] if same else []


def _number_repeats(names: tuple[str, ...], warnings: list[str]) -> tuple[str, ...]:
    """Return unique names: the second "a" becomes "a_2", the third "a_3". Adds warnings."""
    found: list[str] = []
    for index, name in enumerate(names, start=1):
        number, free = 2, name
        while free in found or (free != name and free in names):
            free, number = f"{name}_{number}", number + 1
        found.append(free)
        if free != name:
            warnings.append(f"column {index} has the name of column {names.index(name) + 1}, {name!r}: called {free!r}")
    return tuple(found)


def _refuse_nul(names: tuple[str, ...], line: int, source: str) -> None:
    """Raise TableError if a name contains a NUL character, which no Arrow or Parquet column name can hold."""
    for index, name in enumerate(names, start=1):
        if "\0" in name:
            reason = f"the name of column {index}, {name!r}, contains a NUL character"
            raise TableError(source, reason, "Remove the NUL character from the header.", line)


def _refuse_repeated(names: tuple[str, ...], line: int, source: str) -> None:
    """Raise TableError if a name is repeated."""
    for index, name in enumerate(names, start=1):
        first = names.index(name) + 1
        if first != index:
            reason = f"duplicate header {name!r}: columns {first} and {index}"
            raise TableError(source, reason, "Give each column a unique name.", line)
