"""Decide the kind of each column: integer, number, boolean, date, datetime, category, text, identifier or empty."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl

from tabletutor.records.table import Kind
from tabletutor.tables.conventions import convention_warning
from tabletutor.tables.dates import DateForm, date_warning, detect_dates, to_datetimes
from tabletutor.tables.dictionary.entries import DeclaredType, Entry
from tabletutor.tables.durations import DurationForm, detect_durations, to_units
from tabletutor.tables.header import is_known_unit
from tabletutor.tables.invisible import strip_spaces
from tabletutor.tables.numbers import NumberForm, detect_numbers, header_unit, number_warning, to_numbers
from tabletutor.tables.shapes import is_absent

TRUE = ("true", "yes", "y", "t", "1", "1.0")
FALSE = ("false", "no", "n", "f", "0", "0.0")
BOOLEANS = [set(pair) for pair in zip(TRUE, FALSE, strict=True)]
TEXT_TYPES: frozenset[DeclaredType | None] = frozenset({"string", "time", "list", "point"})
NUMBER_TYPES: frozenset[DeclaredType | None] = frozenset({"number", "integer", "year"})
UNIQUE_SHARE = 0.98
CATEGORY_REPEATS = 3.0
CATEGORY_LENGTH = 80
KEY_LENGTH = 48
_KEY_NAME = re.compile(
    r"(?:^|[^a-z])(?:id|ids|key|code|no|nr|num|number|index|idx|row|rows|rownames|record|serial|uuid)(?:[^a-z]|$)|[a-z](?:ID|Id)$",
)
# "num_orders" and "Number of rooms" count, and NO2 is a gas, though they have a word of keys.
_NO_KEY_NAME = re.compile(r"^(?:#|no[23x]$|(?:num|number|nr|no|n)(?:[ _.]of)?[ _.]+(?=[a-z]))", re.IGNORECASE)
# Missing markers that are also ordinary words. In a column of text they stay values.
MARKER_WORDS = frozenset({"none", "unknown"})
_TWO_LETTER_CODE = re.compile(r"[A-Z]{2}")
_BREAK_AT_END = r"^\s*[\r\n]|[\r\n]\s*$"
_SYMBOL = re.compile(r"[^\w\s]+")


@dataclass(frozen=True)
class Reading:
    """The interpretation of a column: its kind, its missing markers, its number, duration or date form, and warnings.

    `padded`: strip the spaces around the cells.
    """

    header: str
    kind: Kind
    missing: tuple[str, ...]
    number: NumberForm | None
    date: DateForm | None
    padded: bool
    warnings: tuple[str, ...]
    duration: DurationForm | None = None


@dataclass(frozen=True)
class Column:
    """A typed column: Int64, Float64, Boolean, String, Datetime in microseconds, or Null if it has no values.

    `decimal` is the decimal mark of a number column, else None.
    """

    name: str
    kind: Kind
    values: pl.Series
    unit: str | None
    warnings: tuple[str, ...]
    decimal: str | None = None


def examine(
    cells: pl.Series, header: str, markers: Sequence[str], declared: Entry | None = None, odd_cells: str = ""
) -> Reading:
    """Decide how to read a column of text cells. A cell is null if its row is too short.

    `declared`: what a data dictionary says. Its missing values replace `markers` and always mean missing. Its type
    decides between texts, numbers and booleans if the cells allow it. `odd_cells`: the reader's warning about cells
    that are not written like the others, "" without one.
    """
    certain = declared is not None and declared.missing is not None
    if declared is not None and declared.missing is not None:
        markers = declared.missing
    stripped = cells.str.strip_chars()
    counts = dict(stripped.drop_nulls().value_counts().iter_rows())
    found = _find_markers(counts, markers)
    rest = pl.Series(header, sorted(set(counts) - set(found)), dtype=pl.String)
    kind, number, date = _detect_kind(rest, header, declared.type if declared else None)
    textual = kind == "text" and not (declared and declared.type in TEXT_TYPES)
    duration = detect_durations(rest) if textual else None
    warnings = [*(date.warnings if date else ()), *(number.warnings if number else ())]
    if duration is not None:
        kind = "number"
        warnings.append(f"lengths of time such as {rest[-1]!r} read as numbers (unit {duration.unit!r})")
    kept = {} if certain else _literal_markers(rest.to_list(), found, kind)
    warnings += [f"{marker!r} kept as a value ({counts[marker]} cells): {why}" for marker, why in kept.items()]
    missing = tuple(marker for marker in found if marker not in kept)
    warnings += [f"{counts[marker]} cells {marker!r} taken as missing" for marker in missing if marker]
    named = kind == "number" and any(not is_absent(marker) for marker in missing)
    if odd_cells and kind != "text" and not named:
        warnings.append(odd_cells)
    if date is not None:
        warnings += [f"{counts[cell]} cells {cell!r} taken as missing: they name no day" for cell in date.void]
        missing += date.void
    if kind == "empty" and kept:
        kind = "text"
    if kind == "boolean" and not {"true", "false"} >= {value.casefold() for value in rest.to_list()}:
        warnings.append(f"{' and '.join(repr(v) for v in rest.to_list())} read as booleans")
    padded = False
    if kind == "text":
        warnings += [] if declared and declared.type in TEXT_TYPES else _text_warnings(rest, odd_cells)
        lone = stripped.filter(stripped.str.contains("^'[^']*$"))
        if 0 < len(lone) <= max(1, len(cells) // 10):
            warnings.append(f"{lone[0]!r} begins with a quote that is not closed; kept as it is")
        share = (cells != stripped).sum() / max(1, cells.drop_nulls().len())
        padded = len(cells) > 1 and (share >= 0.5 or (share > 0 and _is_one_width(cells)))
        spaced = int((strip_spaces(cells) != cells).sum())
        broken = _count_with_line_breaks(cells, stripped)
        if broken:
            padded = True
            warnings.append(f"line breaks and spaces removed at the ends of {broken} cells")
        elif padded:
            warnings.append(f"spaces around {share:.0%} of the cells removed")
        elif spaced:
            warnings.append(f"spaces other than plain ones removed at the ends of {spaced} cells")
    return Reading(
        header=header,
        kind=kind,
        missing=missing,
        number=number,
        date=date,
        padded=padded,
        warnings=tuple(warnings),
        duration=duration,
    )


def _text_warnings(rest: pl.Series, odd_cells: str) -> list[str]:
    """Return at most one warning: the cells of a text column, or nearly all, look like another kind or convention.

    A warning that says why the column stays text names the odd cells. Otherwise `odd_cells` names their lines, and the
    convention of the others.
    """
    warning = _boolean_warning(rest) or number_warning(rest) or date_warning(rest)
    warning = warning or odd_cells or convention_warning(rest)
    return [warning] if warning else []


def _boolean_warning(rest: pl.Series) -> str | None:
    """Return the warning for a column that is almost boolean, or None.

    Either only one word of a pair occurs ("Y" without "n"), or up to three other values occur.
    """
    values: list[str] = rest.to_list()
    folded = {value.casefold() for value in values}
    for pair in BOOLEANS if values else ():
        if folded < pair:
            return f"all cells are {values[0]!r}; kept as text, though beside {min(pair - folded)!r} they were booleans"
        odd = [value for value in values if value.casefold() not in pair]
        if 0 < len(odd) <= 3 and folded >= pair:
            others = ", ".join(map(repr, odd))
            return f"most cells are {' and '.join(map(repr, sorted(pair)))}; kept as text because of {others}"
    return None


def convert(cells: pl.Series, reading: Reading, comma_decimal: bool) -> Column:
    """Convert a column of text cells as `reading` describes.

    `comma_decimal`: another column of the file proves a decimal comma.
    """
    stripped = cells.str.strip_chars()
    absent = stripped.is_null() | stripped.is_in(list(reading.missing))
    source = stripped if reading.kind != "text" or reading.padded else strip_spaces(cells)
    present = source.set(absent, None).alias(reading.header)
    warnings = list(reading.warnings)
    kind, unit, values, decimal = reading.kind, None, present, None
    if reading.number is not None:
        marks = reading.number.choose(comma_decimal)
        values, decimal = to_numbers(present, marks), marks.decimal
        kind = "integer" if values.dtype == pl.Int64 else "number"
        unit = reading.number.unit or header_unit(reading.header)
        if unit and not reading.number.unit and not is_known_unit(unit):
            warnings.append(f"{unit!r} taken from the header as the unit")
        if marks.thousands or marks.decimal != ".":
            warnings.append(f"read with decimal mark {marks.decimal!r} and thousands mark {marks.thousands!r}")
        if reading.number.ambiguous:
            mark = "comma" if reading.number.ambiguous == "," else "point"
            warnings.append(f"the column alone does not tell a decimal {mark} from a thousands mark")
        if reading.number.unit:
            warnings.append(f"{reading.number.unit!r} taken from the cells and kept as the unit")
    elif reading.duration is not None:
        values, kind, unit = to_units(present, reading.duration), "integer", reading.duration.unit
    elif reading.date is not None:
        values = to_datetimes(present, reading.date)
        kind = "date" if not reading.date.clock or _has_only_midnights(values) else "datetime"
    elif kind == "empty":
        values = pl.Series(reading.header, [None] * len(present), dtype=pl.Null)
    elif kind == "boolean":
        values = present.str.to_lowercase().is_in(TRUE)
    return Column(reading.header, _refine_kind(reading.header, kind, values), values, unit, tuple(warnings), decimal)


def _count_with_line_breaks(cells: pl.Series, stripped: pl.Series) -> int:
    """Return how many cells have white space at their ends if it is a line break for one of them, else 0."""
    spaced = cells.filter((cells != stripped) & (stripped != ""))
    return len(spaced) if spaced.str.contains(_BREAK_AT_END).any() else 0


def _is_one_width(cells: pl.Series) -> bool:
    """Return whether all cells are right-padded with spaces to the same width."""
    filled = cells.filter(cells.str.strip_chars() != "")
    one = filled.str.len_chars().n_unique() == 1
    return one and filled.str.ends_with(" ").any() and not filled.str.starts_with(" ").any()


def _has_only_midnights(values: pl.Series) -> bool:
    return bool((values.drop_nulls().dt.truncate("1d") == values.drop_nulls()).all())


def _detect_kind(
    rest: pl.Series, header: str, declared: DeclaredType | None
) -> tuple[Kind, NumberForm | None, DateForm | None]:
    """Return the kind of a column from its distinct non-missing values, with its number or date form if it has one."""
    if len(rest) == 0:
        return "empty", None, None
    if declared in TEXT_TYPES:
        return "text", None, None
    if declared in NUMBER_TYPES and (number := detect_numbers(rest)) is not None:
        return "number", number, None
    if len(rest) <= 4:
        folded = {value.casefold() for value in rest.to_list()}
        if folded in BOOLEANS or folded < {"true", "false"}:
            return "boolean", None, None
    date = detect_dates(rest, header)
    if date is not None:
        return "date", None, date
    number = detect_numbers(rest)
    return ("number", number, None) if number is not None else ("text", None, None)


def _refine_kind(header: str, kind: Kind, values: pl.Series) -> Kind:
    """Return the final kind: text may become category or identifier, and integers that are row keys identifier."""
    present = values.drop_nulls()
    if kind not in ("text", "integer") or not len(present):
        return kind
    distinct = present.n_unique()
    nearly_unique = distinct >= UNIQUE_SHARE * len(values)
    if kind == "integer":
        key = distinct == len(values) and _is_row_key(header, present)
        return "identifier" if key else "integer"
    lengths = present.str.len_chars()
    if nearly_unique and float(lengths.quantile(0.95) or 0) <= KEY_LENGTH:
        return "identifier"
    longest = int(lengths.max() or 0)  # pyright: ignore[reportArgumentType]  (polars types max() for any dtype)
    return "category" if len(present) >= CATEGORY_REPEATS * distinct and longest <= CATEGORY_LENGTH else "text"


def _is_row_key(header: str, values: pl.Series) -> bool:
    """Return whether integers are row keys: the header says so ("id", "No"), or they count up from 0 or 1."""
    first = int(values[0])
    counting = first in (0, 1) and bool((values.diff().drop_nulls() == 1).all())
    named = _KEY_NAME.search(header) is not None or _KEY_NAME.search(header.lower()) is not None
    return counting or (named and _NO_KEY_NAME.match(header) is None)


def _find_markers(values: Collection[str], markers: Collection[str]) -> list[str]:
    """Return the missing markers among a column's distinct values, in the order of `markers`, the empty cell first."""
    present = set(values)
    return [marker for marker in dict.fromkeys(("", *markers)) if marker in present]


def _literal_markers(rest: Collection[str], found: Collection[str], kind: Kind) -> dict[str, str]:
    """Return the markers that are real values in this column, each with the reason.

    `rest`: the other distinct values. In columns of numbers, dates and booleans every marker means missing. In text,
    "NA" among two-letter codes is a code (Namibia, North America), "None" is a word, and "-" among symbols is a symbol.
    """
    if kind in ("integer", "number", "boolean", "date", "datetime"):
        return {}
    kept: dict[str, str] = {}
    codes = sum(1 for value in rest if _TWO_LETTER_CODE.fullmatch(value))
    symbols = sum(1 for value in rest if _SYMBOL.fullmatch(value))
    for marker in found:
        if _TWO_LETTER_CODE.fullmatch(marker) and codes >= 3 and codes >= 0.8 * len(rest):
            kept[marker] = "the other values are two-letter codes"
        elif marker.casefold() in MARKER_WORDS:
            kept[marker] = "a word among words"
        elif marker and _SYMBOL.fullmatch(marker) and symbols >= max(1, 0.2 * len(rest)):
            kept[marker] = "other values are symbols too"
    return kept
