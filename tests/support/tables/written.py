"""What a generated table is made of: columns whose values are known, and how the file puts them down."""

from dataclasses import dataclass
from typing import Literal

ColumnKind = Literal["number", "date", "boolean", "text", "empty"]


class Never:
    """The value of a cell that no reader can hold, such as 30 February: whatever it becomes must be said."""

    def __repr__(self) -> str:
        return "(no such value)"


NEVER = Never()


@dataclass(frozen=True)
class Cells:
    """The cells of a column as written (before quoting), and the value of each; None is missing."""

    texts: tuple[str, ...]
    values: tuple[object, ...]

    def keep(self, rows: list[int]) -> "Cells":
        return Cells(tuple(self.texts[row] for row in rows), tuple(self.values[row] for row in rows))


@dataclass(frozen=True)
class WrittenColumn:
    """A column: header, what its values are, the convention they are written in, the unit it declares."""

    header: str
    kind: ColumnKind
    convention: str
    cells: Cells
    unit: str | None = None


@dataclass(frozen=True)
class WrittenDialect:
    """How the file separates, quotes and encodes its cells."""

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
    """What stands around the rows. Places are numbers of rows before which something stands."""

    header: bool = True
    sep_line: bool = False
    preamble: tuple[str, ...] = ()
    padded: bool = False
    """Preamble and footer run on with delimiters to the table's width."""
    ruler: str = ""
    """A row under the header: of dashes in every cell (`cells`), or one line of them (`line`)."""
    units: tuple[str, ...] = ()
    header_again: int | None = None
    mark_again: bool = False
    """A byte order mark stands before the repeated header, as where files were joined."""
    comment: int | None = None
    blank: int | None = None
    footer: tuple[str, ...] = ()
    trailing: Literal["no", "rows", "all"] = "no"
    short_rows: frozenset[int] = frozenset()
    """Rows whose last missing cells are not written."""
    widths: bool = False
    """Cells are padded with spaces to one width a column."""
    ctrl_z: bool = False
    broken: int | None = None
    """A row with the fault `fault`."""
    fault: Literal["stray quote", "extra delimiter", "lost delimiter"] = "stray quote"


@dataclass(frozen=True)
class WrittenTable:
    """One case: columns, dialect, layout. `write` of `file_writer` makes its bytes."""

    columns: tuple[WrittenColumn, ...]
    dialect: WrittenDialect
    layout: WrittenLayout

    @property
    def rows(self) -> int:
        return len(self.columns[0].cells.texts)
