"""The content of a data dictionary, in any format."""

from dataclasses import dataclass
from typing import Literal

from tabletutor.records.table import Role
from tabletutor.tables.errors import TableError

DeclaredType = Literal["string", "number", "integer", "boolean", "date", "datetime", "time", "year", "list", "point"]


class DictionaryError(TableError):
    """A data dictionary cannot be used. The message names the file, the property, the reason and the remedy."""


@dataclass(frozen=True)
class Entry:
    """The description of one column.

    `names` are the headers that it may have in the CSV. `missing` is None if the dictionary does not say what marks a
    missing value. `levels` are categories, lowest first if `ordered`. `separator` joins the values in a cell of a list.
    """

    names: tuple[str, ...]
    title: str | None = None
    description: str | None = None
    unit: str | None = None
    role: Role | None = None
    type: DeclaredType | None = None
    missing: tuple[str, ...] | None = None
    levels: tuple[str, ...] = ()
    ordered: bool = False
    separator: str | None = None


@dataclass(frozen=True)
class Dictionary:
    """The description of a table: the path of the dictionary as errors name it, and the columns in order."""

    source: str
    entries: tuple[Entry, ...]

    def entry(self, header: str) -> Entry | None:
        """Return what the dictionary says of the column with this header, or None."""
        return next((entry for entry in self.entries if header in entry.names), None)
