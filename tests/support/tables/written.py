"""A generated table: columns with known values, and the dialect and layout of its file."""

from dataclasses import dataclass
from typing import Literal

ColumnKind = Literal["number", "date", "boolean", "text", "empty"]


class Never:
    """The value of a cell that no reader can represent, such as 30 February. The reader must report it."""

    def __repr__(self) -> str:
        return "(no such value)"


NEVER = Never()


@dataclass(frozen=True)
class Cells:
    """The cells of a column as written, before quoting, and the value of each; None is missing."""

    texts: tuple[str, ...]
    values: tuple[object, ...]

    def keep(self, rows: list[int]) -> "Cells":
        return Cells(tuple(self.texts[row] for row in rows), tuple(self.values[row] for row in rows))


@dataclass(frozen=True)
class WrittenColumn:
    """A column: header, kind of its values, convention they are written in, cells, and declared unit."""

    header: str
    kind: ColumnKind
    convention: str
    cells: Cells
    unit: str | None = None


@dataclass(frozen=True)
class WrittenDialect:
    """The delimiter, quotes and encoding of the file."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    quoting: Literal["minimal", "all", "text"] = "minimal"
    line_end: str = "\n"
    encoding: str = "utf-8"
    space_after: bool = False
    last_end: bool = True


@dataclass(frozen=True)
class WrittenLayout:
    """The lines around the rows. `header_again`, `comment` and `blank` are numbers of the rows below such a line."""

    header: bool = True
    sep_line: bool = False
    preamble: tuple[str, ...] = ()
    padded: bool = False
    """Pad preamble and footer with delimiters to the table's width."""
    ruler: str = ""
    """A row of dashes below the header: in every cell (`cells`), or as one line (`line`)."""
    units: tuple[str, ...] = ()
    header_again: int | None = None
    mark_again: bool = False
    """Write a byte order mark before the repeated header, as in concatenated files."""
    comment: int | None = None
    blank: int | None = None
    footer: tuple[str, ...] = ()
    trailing: Literal["no", "rows", "all"] = "no"
    short_rows: frozenset[int] = frozenset()
    """Rows that omit their trailing missing cells."""
    widths: bool = False
    """Pad the cells of each column with spaces to one width."""
    ctrl_z: bool = False
    broken: int | None = None
    """The row with the fault `fault`."""
    fault: Literal["stray quote", "extra delimiter", "lost delimiter"] = "stray quote"


@dataclass(frozen=True)
class WrittenTable:
    """One case: columns, dialect and layout. `file_writer.write` returns its bytes."""

    columns: tuple[WrittenColumn, ...]
    dialect: WrittenDialect
    layout: WrittenLayout

    @property
    def rows(self) -> int:
        return len(self.columns[0].cells.texts)
