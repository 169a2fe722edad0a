"""What is known of a table once it has been read: the profile, and the split it belongs to."""

from typing import Literal

from tabletutor.records.record import Record

Kind = Literal["integer", "number", "boolean", "date", "datetime", "category", "text", "identifier", "empty"]
Split = Literal["train", "validation", "test"]

NUMERIC: frozenset[Kind] = frozenset({"integer", "number"})
TEMPORAL: frozenset[Kind] = frozenset({"date", "datetime"})


class Source(Record, frozen=True):
    """The CSV a table was read from. `path` is as the table list gives it; `dialect` is delimiter, quote, decimal …"""

    path: str
    bytes: int
    encoding: str
    dialect: dict[str, str]


class ColumnProfile(Record, frozen=True):
    """One column. `min`, `max` and `quantiles` (0.05, 0.25, 0.5, 0.75, 0.95) hold for numbers; for dates, ISO 8601
    strings in `min` and `max`. `top_values` are the most frequent (value as text, count), at most 12, ties by value.
    `unit` is what the cells or the header declared: a currency sign, "%", "mm" …
    """

    name: str
    kind: Kind
    missing: int
    unique: int
    min: float | str | None = None
    max: float | str | None = None
    quantiles: tuple[float, ...] = ()
    top_values: tuple[tuple[str, int], ...] = ()
    unit: str | None = None


class Repair(Record, frozen=True):
    """A row that was mended or put into the quarantine: the line it starts on, and what was done."""

    line: int
    what: str


class TableProfile(Record, frozen=True):
    """A table: `sha256` of the CSV's bytes, its columns in order, columns that identify rows, and every repair.

    `repaired` and `quarantined` count rows; `repairs` names the first hundred of them, `quarantine.csv` has all those
    that were left out.
    """

    table: str
    sha256: str
    source: Source
    rows: int
    columns: tuple[ColumnProfile, ...]
    keys: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    repaired: int = 0
    quarantined: int = 0
    repairs: tuple[Repair, ...] = ()


class TableSplit(Record, frozen=True):
    """Where a table went: its group of near-duplicates (named after the first of them) and its split."""

    table: str
    group: str
    split: Split
    pinned: bool


class Splits(Record, frozen=True):
    """The split of every table of a project, sorted by table (the content of `splits.json`)."""

    tables: tuple[TableSplit, ...]

    def by_table(self) -> dict[str, Split]:
        """The split of each table."""
        return {entry.table: entry.split for entry in self.tables}

    def of(self, table: str) -> Split:
        """The split of one table. Raises KeyError if the project has no such table."""
        for entry in self.tables:
            if entry.table == table:
                return entry.split
        raise KeyError(f"table {table!r} is in no split; it is not in the table list")
