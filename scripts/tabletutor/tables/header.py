"""Find the header among the first rows, and recognise rows of units, rulers and second header rows below it."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from tabletutor.tables.numbers import CURRENCIES

PREAMBLE_ROWS = 60
ENOUGH_ROWS = 12
_CURRENCY = f"(?:{CURRENCIES})"
# Three patterns recognise numbers, and they accept different cells. This one accepts "5 kg", "5-", ".5" and digits of
# any script. `NUMBER` in `shapes.py` rejects "5 kg" and non-ASCII digits and marks, on which `re` and Polars could
# differ. `_KNOWN` in `dialect.py` rejects "5 kg", "5-" and ".5". A shared pattern would change how some files are read.
_VALUE = re.compile(
    rf"\s*[-+(−–]?\s?{_CURRENCY}?\s?[-−–]?(?:\d[\d.,  '’\u00a0\u2009\u202f]*|[.,]\d+)(?:[eE][-+]?\d+)?"
    rf"\s?(?:[%‰]|{_CURRENCY}|°[CF]|[kcm]?m|[mk]g|ml|lbs?|kWh|MW|mph)?[)]?[-−–]?\s*"
    r"|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ].*)?|\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?"
    r"|\d{1,4}[-/. ]{0,2}[A-Za-z]{3,9}[-/. ]{1,2}\d{1,4}(?:[T ,].*)?|[A-Z][a-z]{2,8}\.? \d{1,2},? \d{4}(?:[ ,].*)?"
)
_SIGNS = frozenset("#%№$€£")
_DAY = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ].*)?")
_YEAR = re.compile(r"(?:1[5-9]|20|21)\d\d")
_MISSING = re.compile(r"\W*|n/?a|nan|null|none", re.IGNORECASE)
_UNIT = re.compile(r"[\[(]?[^\W\d_]?[\w%°µμΩ/·^*.²³⁻¹ -]{0,14}[\])]?|[%‰°$€£¥]")
_KNOWN_UNIT = re.compile(
    r"[%‰°]|°[CF]|[kmµ]?g|t|lbs?|[mck]?m|ft|mi|m?l|m?s|min|h|[mk]m/[sh]|mph|k?Hz|[kM]?Wh?|V|A|h?Pa|[A-Z]{3}|[$€£]"
    r"|[a-z]{1,2} [a-z]{1,2}-[123]"
)
_RULER = re.compile(r"[-=_+*~ ]{2,}")


class Line(NamedTuple):
    """One parsed row. `number` is the line it starts on, counted from 1; `broken` means misplaced quotes."""

    number: int
    cells: list[str]
    text: str = ""
    broken: bool = False

    @property
    def bare(self) -> str:
        """The text without its line ending."""
        return self.text.rstrip("\r\n")


def is_comment(cells: list[str], width: int) -> bool:
    """Return whether a row is a comment: it begins with `#` and does not have the width of the table."""
    return bool(cells) and cells[0].lstrip().startswith("#") and len(cells) != width


def is_value(cell: str) -> bool:
    """Return whether a cell is a number, a date or a time of day."""
    return _VALUE.fullmatch(cell) is not None


def is_year(cell: str) -> bool:
    """Return whether a cell is a year. Years are common column names; other numbers are not."""
    return _YEAR.fullmatch(cell.strip()) is not None


def is_known_unit(cell: str) -> bool:
    """Return whether a cell is a known unit: "kg", "%", "EUR"."""
    return _KNOWN_UNIT.fullmatch(cell.strip()) is not None


def is_name(cell: str) -> bool:
    """Return whether a cell can name a column: it is neither a value nor a missing marker."""
    return not is_value(cell) and (_MISSING.fullmatch(cell) is None or cell.strip() in _SIGNS)


def is_marker(cell: str) -> bool:
    """Return whether a cell holds a marker for a missing value, such as "NA". Empty cells do not count."""
    return bool(cell.strip()) and _MISSING.fullmatch(cell) is not None and cell.strip() not in _SIGNS


def is_ruler(cells: Sequence[str]) -> bool:
    """Return whether a row only draws a line: every filled cell is two or more dashes or similar characters."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return bool(filled) and all(_RULER.fullmatch(cell) for cell in filled) and max(map(len, filled)) > 2


def is_all_names(cells: Sequence[str]) -> bool:
    """Return whether a row could be a header: every cell is a name, and all names differ."""
    return len(cells) > 1 and all(map(is_name, cells)) and len(set(cells)) == len(cells)


def header_position(sample: Sequence[Line], width: int) -> int:
    """Return the index of the header in the sample: the first row that fills at least half the width.

    Titles and comments above the header fill less or have fewer cells. If that row has empty cells, the header may be
    a later row: one without empty cells, made of names, above a column of values, below rows that end with empty cells.
    """
    if width == 1:
        return 0
    first = 0
    spaced = [line for line in sample if len(line.cells) == width and any(c[:1] == " " for c in line.cells[1:])]
    prose = [line for line in spaced if _is_spaced(line)] if len(spaced) < 0.3 * len(sample) else []
    for position, line in enumerate(sample[:PREAMBLE_ROWS]):
        filled = sum(1 for cell in line.cells if cell.strip())
        short = position > 0 and len(line.cells) < width
        if (line in prose or _is_title(line, sample[position + 1 :], width)) and position + 2 < len(sample):
            continue
        if filled >= max(2, (width + 1) // 2) and not short and not is_comment(line.cells, width):
            first = position
            break
    if all(cell.strip() for cell in sample[first].cells):
        return first
    for position, line in enumerate(sample[first + 1 : PREAMBLE_ROWS], start=first + 1):
        if len(line.cells) == width and is_all_names(line.cells):
            rows = [row.cells for row in sample[position + 1 :]]
            above = [row.cells for row in sample[first:position]]
            padded = all(not row or not row[-1].strip() for row in above)
            return position if padded and len(rows) > 2 and value_columns(rows, width) else first
        if len(line.cells) == width and all(cell.strip() for cell in line.cells):
            break
    return first


def _is_spaced(line: Line) -> bool:
    """Return whether a space and a letter follow every delimiter, as in a sentence."""
    return len(line.cells) > 1 and all(cell[:1] == " " and cell[1:2].isalpha() for cell in line.cells[1:])


def _is_title(line: Line, below: Sequence[Line], width: int) -> bool:
    """Return whether a row is a title above the header that contains delimiters, so its width differs from the table's.

    A narrower title is a sentence above a header without empty cells. A wider title is directly above a header whose
    names are above columns of values.
    """
    cells = [row.cells for row in below if len(row.cells) == width]
    if len(line.cells) == width or len(cells) < 3:
        return False
    if len(line.cells) < width:
        return _is_spaced(line) and all(map(str.strip, cells[0])) and not is_headerless(cells[0], cells[1:])
    named = cells[0] is below[0].cells and is_all_names(cells[0])
    return named and bool(value_columns(cells[1:], width)) and not is_headerless(cells[0], cells[1:])


def value_columns(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Return the indexes of the columns in which at least 80 % of the non-missing cells are values."""
    found: list[int] = []
    for index in range(width):
        cells = [row[index] for row in rows if index < len(row) and _MISSING.fullmatch(row[index].strip()) is None]
        if cells and sum(map(is_value, cells)) >= 0.8 * len(cells):
            found.append(index)
    return found


def is_headerless(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first row is data: values above columns of values, and no name above any such column.

    Numbers and dates can still be column names, as in `compound,0.1,1,10`. They are if they are monotonic from column
    to column and the header of a text column is unlike the cells below it.
    """
    columns = value_columns(rows, len(header))
    if any(is_name(header[index]) for index in columns):
        return False
    named = [header[index].strip() for index in columns if is_value(header[index])]
    against = [cell for cell in named if not _YEAR.fullmatch(cell)]
    if not against:
        nameless = not named and not any(map(is_name, header))
        return any(map(is_marker, header)) and (nameless or (not columns and len(header) > 1))
    below = [row[index].strip() for row in rows for index in columns if index < len(row)]
    if all(map(_DAY.fullmatch, against)) and sum(1 for cell in below if _DAY.fullmatch(cell)) < 0.2 * len(below):
        return False  # days above numbers
    texts = [index for index in range(len(header)) if index not in columns and is_name(header[index])]
    if len(named) == 1:
        return not any(_is_unlike_column(header[index], index, rows, recurring=False) for index in texts)
    return not (_is_monotonic(named) and any(_is_unlike_column(header[index], index, rows) for index in texts))


def _is_monotonic(cells: Sequence[str]) -> bool:
    """Return whether numbers only rise or only fall, or whether date-like cells all differ."""
    numbers = [cell.replace(",", "") for cell in cells]
    if all(re.fullmatch(r"-?\d+(?:\.\d+)?|-?\.\d+", cell) for cell in numbers):
        values = [float(cell) for cell in numbers]
        return all(a < b for a, b in pairwise(values)) or all(a > b for a, b in pairwise(values))
    return len(set(cells)) == len(cells) and all(re.search(r"\d[-/.:]\d", cell) for cell in cells)


def _is_unlike_column(name: str, index: int, rows: Sequence[Sequence[str]], recurring: bool = True) -> bool:
    """Return whether the name of a text column is unlike its cells.

    The cells contain digits and the name does not; or, with `recurring`, the cells repeat each other but not the name.
    """
    cells = [row[index] for row in rows if index < len(row) and _MISSING.fullmatch(row[index].strip()) is None]
    if not cells or name in cells:
        return False
    digits = sum(1 for cell in cells if re.search(r"\d", cell)) >= 0.9 * len(cells)
    return (digits and not re.search(r"\d", name)) or (
        recurring and len(cells) >= 6 and len(cells) >= 2 * len(set(cells))
    )


def is_units(cells: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether a row below the header holds units: short words above columns of values, otherwise empty cells."""
    filled = [index for index, cell in enumerate(cells) if cell.strip()]
    columns = value_columns(rows, len(cells))
    return (
        bool(filled)
        and (len(filled) < len(cells) or all(map(is_known_unit, cells)))
        and all(index in columns and not is_value(cells[index]) for index in filled)
        and all(_UNIT.fullmatch(cells[index].strip()) for index in filled)
    )


def is_second_header(header: Sequence[str], cells: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether a row below the header is a second header row: names above columns of values, and no values."""
    if list(cells) == list(header):
        return True
    columns = value_columns(rows, len(header))
    return (
        bool(columns)
        and len(rows) > ENOUGH_ROWS
        and len(cells) == len(header)
        and not any(row[index : index + 1] == [cell] for index, cell in enumerate(cells) if cell for row in rows)
        and not any(map(is_value, cells))
        and sum(1 for index in columns if is_name(cells[index])) >= max(1, (len(columns) + 1) // 2)
    )


def join_headers(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """Return the joined names of two header rows. A name in the first row also applies to empty cells to its right."""
    names: list[str] = []
    span = ""
    gaps = any(not cell.strip() for cell in first[1:])
    for above, below in zip(first, second, strict=True):
        span = above.strip() or (span if gaps and below.strip() else "")
        names.append(" ".join(dict.fromkeys(part for part in (span, below.strip()) if part)))
    return names
