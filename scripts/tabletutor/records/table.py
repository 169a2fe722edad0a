"""Records about a table: its profile and its split."""

from typing import Literal

from tabletutor.records.record import Record

Kind = Literal["integer", "number", "boolean", "date", "datetime", "category", "text", "identifier", "empty"]
# What a column is to an analyst. `docs/tables.md` explains each role and how it is found.
Role = Literal[
    "additive",  # a measure that adds up: counts, money, weights
    "intensive",  # a measure that does not: rates, prices per unit, temperatures, percentages, scores
    "duration",  # a length of time, as a number
    "ordinal",  # a rank, a grade, or ordered categories (low < medium < high)
    "year",
    "date_part",  # a month, a weekday, an hour
    "date",  # a date or a date with time
    "coordinate",
    "identifier",  # numbers or texts that only distinguish rows
    "code",  # digits or letters that stand for something else: postal codes, precincts, SKUs
    "label",  # the name of what a row is about
    "category",
    "flag",  # two values: yes/no, 0/1
    "list",  # several values in a cell, joined by a separator
    "free_text",
    "constant",
    "empty",
]
Split = Literal["train", "validation", "test"]

NUMERIC: frozenset[Kind] = frozenset({"integer", "number"})
TEMPORAL: frozenset[Kind] = frozenset({"date", "datetime"})


class Source(Record, frozen=True):
    """The CSV a table was read from. `path` is as in the table list; `dialect` holds delimiter, quote, decimal …"""

    path: str
    bytes: int
    encoding: str
    dialect: dict[str, str]


class ColumnProfile(Record, frozen=True):
    """One column. Numeric columns have `min`, `max` and `quantiles` (0.05, 0.25, 0.5, 0.75, 0.95); date columns
    have ISO 8601 strings in `min` and `max`. `top_values` are the most frequent values as (text, count), at most 12,
    ties sorted by value. `unit` is declared by the cells, the header or the data dictionary: "$", "%", "mm" …

    `role` is what the column is to an analyst, `role_reason` why. `levels` are the values of ordered categories, lowest
    first. `separator` joins the values in a cell of role "list". `title` (how people call the column) and `description`
    come from the data dictionary. `twin` is a column that says the same, which questions use instead.
    `mixes_case`: two values are equal but for upper and lower case. `grain`: all dates are the first day of a year, or
    of a month.
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
    role: Role = "category"
    role_reason: str = ""
    levels: tuple[str, ...] = ()
    separator: str | None = None
    title: str | None = None
    description: str | None = None
    twin: str | None = None
    mixes_case: bool = False
    grain: Literal["year", "month"] | None = None


class ColumnSum(Record, frozen=True):
    """A column (`total`) that is the sum of others (`parts`), row by row."""

    total: str
    parts: tuple[str, ...]


class Total(Record, frozen=True):
    """A value of a category column whose rows are totals over its other values ("All", "United States")."""

    column: str
    value: str
    reason: str


class Repair(Record, frozen=True):
    """A repaired or quarantined row: the line it starts on, and what was done to it."""

    line: int
    what: str


class TableProfile(Record, frozen=True):
    """A table: the SHA-256 of the CSV, its columns in order, the key columns (`keys`), and the repairs.

    `repaired` and `quarantined` count rows. `repairs` lists the first hundred of them; `quarantine.csv` holds all
    quarantined rows. `totals` are the values whose rows sum up other rows, `sums` the columns that sum up others.
    `dictionary` is the path of the data dictionary beside the CSV, if there is one.
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
    totals: tuple[Total, ...] = ()
    sums: tuple[ColumnSum, ...] = ()
    dictionary: str | None = None


class TableSplit(Record, frozen=True):
    """The split of a table, and its group of near-duplicates (named after the group's first table)."""

    table: str
    group: str
    split: Split
    pinned: bool


class Splits(Record, frozen=True):
    """The split of every table of a project, sorted by table; the content of `splits.json`."""

    tables: tuple[TableSplit, ...]

    def by_table(self) -> dict[str, Split]:
        """Return the split of every table, by the table's name."""
        return {entry.table: entry.split for entry in self.tables}

    def of(self, table: str) -> Split:
        """Return the split of one table. Raises KeyError if the project has no such table."""
        for entry in self.tables:
            if entry.table == table:
                return entry.split
        raise KeyError(f"table {table!r} is in no split; it is not in the table list")
