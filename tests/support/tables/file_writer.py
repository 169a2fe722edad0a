"""Write a generated table as bytes, and record what each line contains."""

import re
from dataclasses import dataclass
from typing import Literal

from tests.support.tables.written import WrittenDialect, WrittenTable

Role = Literal["header", "row", "extra"]


@dataclass(frozen=True)
class Place:
    """A piece of the file. `line`: where it starts, counted from 1. `row`: its number among the rows, 0 otherwise."""

    line: int
    role: Role
    row: int
    text: str


@dataclass(frozen=True)
class WrittenFile:
    """The bytes of a file and the places of its pieces."""

    data: bytes
    places: tuple[Place, ...]


def write(table: WrittenTable) -> WrittenFile:
    """Return the file of a generated table. Raises UnicodeEncodeError if the encoding lacks a character."""
    dialect, layout = table.dialect, table.layout
    width = len(table.columns)
    pieces: list[tuple[Role, int, str]] = [("extra", 0, f"sep={dialect.delimiter}")] if layout.sep_line else []
    pieces += [("extra", 0, line) for line in _around(table, layout.preamble)]
    header = _line(table, [column.header for column in table.columns], layout.trailing == "all")
    if layout.header:
        pieces.append(("header", 0, header))
    if layout.ruler == "line":
        pieces.append(("extra", 0, "-" * 40))
    elif layout.ruler:
        pieces.append(("extra", 0, dialect.delimiter.join("-" * max(3, n) for n in _widths(table))))
    if layout.units:
        pieces.append(("extra", 0, _line(table, list(layout.units), layout.trailing == "all")))
    for row in range(table.rows):
        if row == layout.header_again:
            pieces.append(("extra", 0, ("\ufeff" if layout.mark_again else "") + header))
        if row == layout.comment:
            pieces.append(("extra", 0, "# checked by hand"))
        if row == layout.blank:
            pieces.append(("extra", 0, ""))
        cells = [column.cells.texts[row] for column in table.columns]
        if row in layout.short_rows:
            while len(cells) > 1 and cells[-1] == "":
                cells.pop()
        line = _line(table, cells, layout.trailing != "no")
        pieces.append(("row", row, _add_fault(line, table) if row == layout.broken else line))
    pieces += [("extra", 0, line) for line in _around(table, layout.footer)]
    return _assemble(pieces, table, width)


def _assemble(pieces: list[tuple[Role, int, str]], table: WrittenTable, width: int) -> WrittenFile:
    dialect = table.dialect
    places: list[Place] = []
    line = 1
    for role, row, text in pieces:
        places.append(Place(line, role, row, text))
        line += 1 + len(re.findall(r"\r\n|\r|\n", text))
    body = dialect.line_end.join(text for _, _, text in pieces)
    if dialect.last_end or (width == 1 and not pieces[-1][2]):
        body += dialect.line_end
    if table.layout.ctrl_z:
        places.append(Place(line, "extra", 0, "\x1a"))
        body += "\x1a"
    return WrittenFile(body.encode(dialect.encoding), tuple(places))


def _around(table: WrittenTable, lines: tuple[str, ...]) -> list[str]:
    """Return the lines outside the table, padded with empty cells to its width if the layout says so."""
    if not table.layout.padded:
        return list(lines)
    empty = [""] * (len(table.columns) - 1)
    return [table.dialect.delimiter.join([_quote(line, table.dialect, False), *empty]) for line in lines]


def _line(table: WrittenTable, cells: list[str], trailing: bool) -> str:
    dialect = table.dialect
    joint = dialect.delimiter + (" " if dialect.space_after else "")
    kinds = [column.kind == "text" for column in table.columns]
    texts = [_quote(cell, dialect, kinds[place], len(table.columns)) for place, cell in enumerate(cells)]
    if table.layout.widths:
        texts = [text.ljust(n) for text, n in zip(texts, _widths(table), strict=False)]
    return joint.join(texts) + (dialect.delimiter if trailing else "")


def _add_fault(line: str, table: WrittenTable) -> str:
    """Return the row with a fault. A reader can detect that something is wrong, but not what was meant."""
    delimiter = table.dialect.delimiter
    if table.layout.fault == "stray quote":
        return table.dialect.quote + line
    if table.layout.fault == "extra delimiter":
        return line.replace(delimiter, delimiter * 2, 1)
    return line.replace(delimiter, "", 1)


def _widths(table: WrittenTable) -> list[int]:
    return [max(map(len, (column.header, *column.cells.texts))) for column in table.columns]


def _quote(cell: str, dialect: WrittenDialect, text: bool, width: int = 2) -> str:
    quote, escape = dialect.quote, dialect.escape
    # One column has no delimiters, so only line breaks and leading quotes need quoting.
    special = ("\n", "\r") if width == 1 else (dialect.delimiter, quote, "\n", "\r")
    needed = any(mark in cell for mark in special) or cell != cell.strip() or cell.startswith(("#", '"', "'"))
    needed = needed or bool(escape and escape in cell)
    if not (needed or dialect.quoting == "all" or (dialect.quoting == "text" and text)):
        return cell
    if escape:
        return quote + cell.replace(escape, escape * 2).replace(quote, escape + quote) + quote
    return quote + cell.replace(quote, quote * 2) + quote
