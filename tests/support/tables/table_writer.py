"""Generate random tables. A seed and a number always give the same table."""

import random
from dataclasses import replace

from tests.support.tables.date_writers import COMPACT, write_dates
from tests.support.tables.file_writer import write
from tests.support.tables.number_writers import LOCALES, Locale, write_numbers
from tests.support.tables.text_writers import headers, write_booleans, write_empty, write_text
from tests.support.tables.written import Cells, WrittenColumn, WrittenDialect, WrittenLayout, WrittenTable

MARKERS = ("", "", "", "", "NA", "N/A", "n/a", "NaN", "NULL", "null", "-", "--", "?", ".", "None")
ODD_MARKERS = ("n.a.", "#N/A", "..", "missing", "*", "not known")
DELIMITERS = (*[","] * 8, *[";"] * 4, *["\t"] * 3, *["|"] * 2, "~", "^")
ENCODINGS = (
    *["utf-8"] * 12, *["utf-8-sig"] * 3, "utf-16", "utf-16-le", "utf-16-be", "utf-32",
    "cp1252", "cp1252", "cp1250", "cp1251",
)  # fmt: skip
PREAMBLES = (
    "Students by state", "Account: 12345", "Generated 2020-01-02 10:00", "Report of the ministry, unaudited",
    "Quarter 3", "", "All figures are estimates",
)  # fmt: skip
FOOTERS = (
    "Source: the ministry", "* revised", "(c) 2020 Office of Statistics", "Note: values are estimates", "End of report",
    "",
)  # fmt: skip
INVISIBLE = ("\u200b", "\ufeff", "\u00ad", "\u200e", "\u2060")
UNITS = ("kg", "m", "%", "EUR", "°C", "km/h", "mm", "m s-1")


def generate(seed: int, number: int) -> WrittenTable:
    """Return case `number` of the series `seed`."""
    rng = random.Random(f"{seed}/{number}")
    rows, width = rng.randint(8, 40) if rng.random() < 0.3 else rng.randint(8, 16), _width(rng)
    dialect = _dialect(rng, width)
    locale, month_first = rng.choice(LOCALES), rng.random() < 0.5
    columns = [
        _column(rng, header, rows, rng.choice(LOCALES) if rng.random() < 0.1 else locale, month_first, dialect.encoding)
        for header in headers(rng, width)
    ]
    # A date above dates cannot be distinguished from a first row.
    columns = [
        write_numbers(rng, column.header, rows, locale) if _odd(column) and column.kind == "date" else column
        for column in columns
    ]
    odd = any(map(_odd, columns))
    if width > 1 and (odd or all(column.kind != "text" for column in columns)) and (odd or rng.random() < 0.7):
        columns[0] = write_text(rng, columns[0].header, rows, dialect.encoding)
    marker = rng.choice(MARKERS)
    columns = [_with_missing(rng, column, marker) for column in columns]
    table = WrittenTable(tuple(columns), dialect, WrittenLayout())
    if dialect.escape + dialect.quote not in _plainly(table):
        # A reader cannot detect an escape character that never precedes a quote.
        table = replace(table, dialect=replace(dialect, escape=""))
    return _encodable(replace(table, layout=_layout(rng, table)))


def _odd(column: WrittenColumn) -> bool:
    """Return whether a header is a number or a date."""
    return column.header[:1].isdigit()


def _width(rng: random.Random) -> int:
    return rng.choice((1, 2, 2, 3, 3, 3, 4, 4, 5, 6))


def _column(
    rng: random.Random, header: str, rows: int, locale: Locale, month_first: bool, encoding: str
) -> WrittenColumn:
    chance = rng.random()
    if chance < 0.42:
        return write_numbers(rng, header, rows, locale)
    if chance < 0.66:
        return write_dates(rng, header, rows, month_first)
    if chance < 0.71:
        return write_booleans(rng, header, rows)
    if chance < 0.73:
        return write_empty(header, rows, rng.choice(("", "", "NA", "-")))
    column = write_text(rng, header, rows, encoding)
    return _with_invisible(rng, column) if encoding.startswith("utf") and rng.random() < 0.05 else column


def _with_invisible(rng: random.Random, column: WrittenColumn) -> WrittenColumn:
    """Return the column with an invisible character at the end of some cells."""
    character = rng.choice(INVISIBLE)
    texts = tuple(text + character if rng.random() < 0.2 else text for text in column.cells.texts)
    if texts == column.cells.texts:
        return column
    label = f"{column.convention}, some with U+{ord(character):04X}"
    return replace(column, convention=label, cells=Cells(texts, column.cells.values))


def _with_missing(rng: random.Random, column: WrittenColumn, marker: str) -> WrittenColumn:
    """Return the column with some cells missing. A marker is not used in a column that already contains it."""
    if rng.random() < 0.6 or column.kind == "empty":
        return column
    if column.kind in ("number", "date") and rng.random() < 0.04:
        # Not in `tables.missing_markers`. Among words it would look like a word, so only numbers and dates get it.
        marker = rng.choice(ODD_MARKERS)
    share = rng.choice((0.05, 0.1, 0.3))
    gone = [rng.random() < share for _ in column.cells.texts]
    if all(gone) or marker in column.cells.texts or (column.convention == "countries" and marker == "NA"):
        return column
    texts = tuple(marker if lost else text for lost, text in zip(gone, column.cells.texts, strict=True))
    values = tuple(None if lost else value for lost, value in zip(gone, column.cells.values, strict=True))
    return replace(column, cells=Cells(texts, values))


def _dialect(rng: random.Random, width: int) -> WrittenDialect:
    delimiter = rng.choice(DELIMITERS)
    return WrittenDialect(
        delimiter,
        quote=rng.choice(('"', '"', '"', '"', '"', "'")),
        escape=rng.choice(("", "", "", "", "", "\\")),
        quoting=rng.choice(("minimal", "minimal", "minimal", "all", "text")),
        line_end=rng.choice(("\n", "\n", "\n", "\r\n", "\r\n", "\r")),
        encoding=rng.choice(ENCODINGS),
        space_after=width > 1 and delimiter in ",;" and rng.random() < 0.08,
        last_end=rng.random() < 0.8,
    )


def _layout(rng: random.Random, table: WrittenTable) -> WrittenLayout:
    width, rows = len(table.columns), table.rows
    layout = WrittenLayout()
    numeric = sum(1 for column in table.columns if column.kind == "number")
    if rng.random() < 0.4:
        return layout

    def now(chance: float) -> bool:
        return rng.random() < chance

    if now(0.08) and numeric and all(column.convention != COMPACT for column in table.columns):
        layout = replace(layout, header=False)
    if now(0.15) and width > 1:
        layout = replace(layout, preamble=tuple(rng.choices(PREAMBLES, k=rng.randint(1, 4))), padded=now(0.4))
    if now(0.05):
        layout = replace(layout, sep_line=True)
    if now(0.15) and width > 1:
        layout = replace(layout, footer=tuple(rng.choices(FOOTERS, k=rng.randint(1, 2))))
    if layout.header and now(0.06):
        layout = replace(layout, ruler=rng.choice(("cells", "line")))
    elif layout.header and numeric and width > 1 and now(0.1):
        bare = [column.kind == "number" and not column.unit for column in table.columns]
        units = tuple(rng.choice(UNITS) if wanted else "" for wanted in bare)
        layout = replace(layout, units=units if any(units) else ())
    if layout.header and now(0.06):
        layout = replace(layout, header_again=rng.randrange(1, rows), mark_again=now(0.3))
    if now(0.05) and width > 1:
        layout = replace(layout, comment=rng.randrange(rows))
    if now(0.05) and width > 1:
        layout = replace(layout, blank=rng.randrange(1, rows))
    if now(0.08) and width > 1:
        layout = replace(layout, trailing=rng.choice(("rows", "all")))
    elif now(0.25) and width > 1:
        layout = replace(layout, short_rows=frozenset(rng.sample(range(rows), 3)))
    if now(0.06) and table.dialect.quote not in _plainly(table):
        layout = replace(layout, widths=True)
    if now(0.05) and width > 2:
        fault = rng.choice(("stray quote", "extra delimiter", "lost delimiter"))
        layout = replace(layout, broken=rng.randrange(rows), fault=fault)
    return replace(layout, ctrl_z=now(0.04))


def _plainly(table: WrittenTable) -> str:
    """Return the table as text, in the default layout."""
    dialect = replace(table.dialect, encoding="utf-8")
    return write(replace(table, dialect=dialect)).data.decode()


def _encodable(table: WrittenTable) -> WrittenTable:
    """Return the table, in UTF-8 if its encoding lacks one of its characters."""
    letters = "".join(column.header + "".join(column.cells.texts) for column in table.columns)
    letters += "".join(table.layout.units + table.layout.preamble + table.layout.footer)
    letters += "\ufeff" if table.layout.mark_again else ""
    try:
        letters.encode(table.dialect.encoding)
    except UnicodeEncodeError:
        return replace(table, dialect=replace(table.dialect, encoding="utf-8"))
    return table
