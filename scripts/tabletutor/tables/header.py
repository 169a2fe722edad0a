"""Which of the first rows is the header, whether there is one, and what belongs to it: units, rulers, more names."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from tabletutor.tables.numbers import CURRENCIES

PREAMBLE_ROWS = 60
ENOUGH_ROWS = 12
_CURRENCY = f"(?:{CURRENCIES})"
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
    """One parsed row, the physical line it starts on (counted from 1), its text, and whether its quotes are broken."""

    number: int
    cells: list[str]
    text: str = ""
    broken: bool = False

    @property
    def bare(self) -> str:
        """The text without its line end."""
        return self.text.rstrip("\r\n")


def is_comment(cells: list[str], width: int) -> bool:
    """Whether a row is a comment: it begins with `#` and has another width than the table."""
    return bool(cells) and cells[0].lstrip().startswith("#") and len(cells) != width


def is_value(cell: str) -> bool:
    """Whether a cell is a number, a date or a clock time."""
    return _VALUE.fullmatch(cell) is not None


def is_year(cell: str) -> bool:
    """Whether a cell is a year, which names columns more often than other numbers do."""
    return _YEAR.fullmatch(cell.strip()) is not None


def is_known_unit(cell: str) -> bool:
    """Whether a cell is a unit by itself: "kg", "%", "EUR"."""
    return _KNOWN_UNIT.fullmatch(cell.strip()) is not None


def is_name(cell: str) -> bool:
    """Whether a cell can name a column: neither a value nor a missing marker."""
    return not is_value(cell) and (_MISSING.fullmatch(cell) is None or cell.strip() in _SIGNS)


def is_marker(cell: str) -> bool:
    """Whether a cell is filled, but only with what stands for a missing value."""
    return bool(cell.strip()) and _MISSING.fullmatch(cell) is not None and cell.strip() not in _SIGNS


def is_ruler(cells: Sequence[str]) -> bool:
    """Whether a row only draws a line: every cell that is filled holds two dashes or more."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return bool(filled) and all(_RULER.fullmatch(cell) for cell in filled) and max(map(len, filled)) > 2


def names_only(cells: Sequence[str]) -> bool:
    """Whether a row could be a header by itself: every cell is a name, and no two are equal."""
    return len(cells) > 1 and all(map(is_name, cells)) and len(set(cells)) == len(cells)


def header_position(sample: Sequence[Line], width: int) -> int:
    """The first row that fills at least half the width; titles and comments above it fill less or are cut short.

    A padded row that is not full gives way to a later full row of names above a column of values.
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
        if len(line.cells) == width and names_only(line.cells):
            rows = [row.cells for row in sample[position + 1 :]]
            above = [row.cells for row in sample[first:position]]
            padded = all(not row or not row[-1].strip() for row in above)
            return position if padded and len(rows) > 2 and value_columns(rows, width) else first
        if len(line.cells) == width and all(cell.strip() for cell in line.cells):
            break
    return first


def _is_spaced(line: Line) -> bool:
    """Whether a space follows every delimiter, as in a sentence."""
    return len(line.cells) > 1 and all(cell[:1] == " " and cell[1:2].isalpha() for cell in line.cells[1:])


def _is_title(line: Line, below: Sequence[Line], width: int) -> bool:
    """Whether a row of another width than the table's is a title with delimiters in it, above the header.

    A narrower one is a sentence above a full header. A wider one stands directly above names over values.
    """
    cells = [row.cells for row in below if len(row.cells) == width]
    if len(line.cells) == width or len(cells) < 3:
        return False
    if len(line.cells) < width:
        return _is_spaced(line) and all(map(str.strip, cells[0])) and not is_headerless(cells[0], cells[1:])
    named = cells[0] is below[0].cells and names_only(cells[0])
    return named and bool(value_columns(cells[1:], width)) and not is_headerless(cells[0], cells[1:])


def value_columns(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """The columns in which at least four of five cells that are not missing are values."""
    found: list[int] = []
    for index in range(width):
        cells = [row[index] for row in rows if index < len(row) and _MISSING.fullmatch(row[index].strip()) is None]
        if cells and sum(map(is_value, cells)) >= 0.8 * len(cells):
            found.append(index)
    return found


def is_headerless(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row is data: it has values above columns of values, and no name above any of them.

    Numbers and dates name columns, too, where they rise from column to column and a column of text has another kind of
    word above it than in it.
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
        return not any(_stands_out(header[index], index, rows, recurring=False) for index in texts)
    return not (_rising(named) and any(_stands_out(header[index], index, rows) for index in texts))


def _rising(cells: Sequence[str]) -> bool:
    numbers = [cell.replace(",", "") for cell in cells]
    if all(re.fullmatch(r"-?\d+(?:\.\d+)?|-?\.\d+", cell) for cell in numbers):
        values = [float(cell) for cell in numbers]
        return all(a < b for a, b in pairwise(values)) or all(a > b for a, b in pairwise(values))
    return len(set(cells)) == len(cells) and all(re.search(r"\d[-/.:]\d", cell) for cell in cells)


def _stands_out(name: str, index: int, rows: Sequence[Sequence[str]], recurring: bool = True) -> bool:
    """Whether a word above a column of text is none of its values: these have digits, or recur, and it does not."""
    cells = [row[index] for row in rows if index < len(row) and _MISSING.fullmatch(row[index].strip()) is None]
    if not cells or name in cells:
        return False
    digits = sum(1 for cell in cells if re.search(r"\d", cell)) >= 0.9 * len(cells)
    return (digits and not re.search(r"\d", name)) or (
        recurring and len(cells) >= 6 and len(cells) >= 2 * len(set(cells))
    )


def is_units(cells: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the row under a header holds units: short words above columns of values, and nothing above the others."""
    filled = [index for index, cell in enumerate(cells) if cell.strip()]
    columns = value_columns(rows, len(cells))
    return (
        bool(filled)
        and (len(filled) < len(cells) or all(map(is_known_unit, cells)))
        and all(index in columns and not is_value(cells[index]) for index in filled)
        and all(_UNIT.fullmatch(cells[index].strip()) for index in filled)
    )


def is_second_header(header: Sequence[str], cells: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the row under a header is one more header row: names above columns of values, and no value anywhere."""
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


def joined_headers(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """The names that two header rows make together; a name that spans columns is repeated over them."""
    names: list[str] = []
    span = ""
    gaps = any(not cell.strip() for cell in first[1:])
    for above, below in zip(first, second, strict=True):
        span = above.strip() or (span if gaps and below.strip() else "")
        names.append(" ".join(dict.fromkeys(part for part in (span, below.strip()) if part)))
    return names
