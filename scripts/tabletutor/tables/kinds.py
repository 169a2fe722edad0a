"""What a column of text is: integer, number, boolean, date, datetime, category, text, identifier or empty."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from tabletutor.records.table import Kind
from tabletutor.tables.conventions import regular
from tabletutor.tables.dates import DateForm, detect_dates, near_dates, to_datetimes
from tabletutor.tables.header import is_known_unit
from tabletutor.tables.invisible import strip_spaces
from tabletutor.tables.missing import found_markers, kept_markers
from tabletutor.tables.numbers import NumberForm, detect_numbers, header_unit, to_numbers, why_no_numbers

TRUE = ("true", "yes", "y", "t", "1", "1.0")
FALSE = ("false", "no", "n", "f", "0", "0.0")
BOOLEANS = [set(pair) for pair in zip(TRUE, FALSE, strict=True)]
UNIQUE_SHARE = 0.98
CATEGORY_REPEATS = 3.0
CATEGORY_LENGTH = 80
KEY_LENGTH = 48
_KEY_NAME = re.compile(
    r"(?:^|[^a-z])(?:id|ids|key|code|no|nr|num|number|index|idx|row|rows|rownames|record|serial|uuid)(?:[^a-z]|$)|[a-z](?:ID|Id)$",
)


@dataclass(frozen=True)
class Reading:
    """How a column is to be read, from its distinct values: the kind, which cells are missing, and the evidence."""

    header: str
    kind: Kind
    missing: tuple[str, ...]
    number: NumberForm | None
    date: DateForm | None
    padded: bool
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """A column with its real type: Int64, Float64, Boolean, String, Datetime in microseconds, or Null if empty.

    `decimal` is the decimal mark it was read with; None for all but numbers.
    """

    name: str
    kind: Kind
    values: pl.Series
    unit: str | None
    warnings: tuple[str, ...]
    decimal: str | None = None


def examine(cells: pl.Series, header: str, markers: Sequence[str]) -> Reading:
    """Decide how a column of text (null where a short row has no cell) is to be read."""
    stripped = cells.str.strip_chars()
    counts = dict(stripped.drop_nulls().value_counts().iter_rows())
    found = found_markers(counts, markers)
    rest = pl.Series(header, sorted(set(counts) - set(found)), dtype=pl.String)
    kind, number, date = _typed(rest, header)
    warnings = [*(date.warnings if date else ()), *(number.warnings if number else ())]
    kept = kept_markers(rest.to_list(), found, kind)
    warnings += [f"{marker!r} kept as a value ({counts[marker]} cells): {why}" for marker, why in kept.items()]
    missing = tuple(marker for marker in found if marker not in kept)
    warnings += [f"{counts[marker]} cells {marker!r} taken as missing" for marker in missing if marker]
    if date is not None:
        warnings += [f"{counts[cell]} cells {cell!r} taken as missing: they name no day" for cell in date.void]
        missing += date.void
    if kind == "empty" and kept:
        kind = "text"
    if kind == "boolean" and not {"true", "false"} >= {value.casefold() for value in rest.to_list()}:
        warnings.append(f"{' and '.join(repr(v) for v in rest.to_list())} read as booleans")
    padded = False
    if kind == "text":
        warnings += _not_understood(rest)
        lone = stripped.filter(stripped.str.contains("^'[^']*$"))
        if 0 < len(lone) <= max(1, len(cells) // 10):
            warnings.append(f"{lone[0]!r} begins with a quote that is not closed; kept as it is")
        share = (cells != stripped).sum() / max(1, cells.drop_nulls().len())
        padded = len(cells) > 1 and (share >= 0.5 or (share > 0 and _is_one_width(cells)))
        spaced = int((strip_spaces(cells) != cells).sum())
        if padded:
            warnings.append(f"spaces around {share:.0%} of the cells removed")
        elif spaced:
            warnings.append(f"spaces other than plain ones removed at the ends of {spaced} cells")
    return Reading(
        header=header, kind=kind, missing=missing, number=number, date=date, padded=padded, warnings=tuple(warnings)
    )


def _not_understood(rest: pl.Series) -> list[str]:
    """The remark on a column of text whose cells, or nearly all of them, are written alike; empty if they are not."""
    remark = _nearly_booleans(rest) or why_no_numbers(rest) or near_dates(rest) or regular(rest)
    return [remark] if remark else []


def _nearly_booleans(rest: pl.Series) -> str | None:
    """The remark on a column that only a few words, or a missing second word, keep from being booleans, or None."""
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
    """The typed column that `reading` describes. `comma_decimal`: other columns of the file prove a decimal comma."""
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
    elif reading.date is not None:
        values = to_datetimes(present, reading.date)
        kind = "date" if not reading.date.clock or _midnights(values) else "datetime"
    elif kind == "empty":
        values = pl.Series(reading.header, [None] * len(present), dtype=pl.Null)
    elif kind == "boolean":
        values = present.str.to_lowercase().is_in(TRUE)
    return Column(reading.header, _named_kind(reading.header, kind, values), values, unit, tuple(warnings), decimal)


def _is_one_width(cells: pl.Series) -> bool:
    """Whether all cells are padded to one width, so that spaces at their ends are no part of them."""
    filled = cells.filter(cells.str.strip_chars() != "")
    one = filled.str.len_chars().n_unique() == 1
    return one and filled.str.ends_with(" ").any() and not filled.str.starts_with(" ").any()


def _midnights(values: pl.Series) -> bool:
    return bool((values.drop_nulls().dt.truncate("1d") == values.drop_nulls()).all())


def _typed(rest: pl.Series, header: str) -> tuple[Kind, NumberForm | None, DateForm | None]:
    if len(rest) == 0:
        return "empty", None, None
    if len(rest) <= 4:
        folded = {value.casefold() for value in rest.to_list()}
        if folded in BOOLEANS or folded < {"true", "false"}:
            return "boolean", None, None
    date = detect_dates(rest, header)
    if date is not None:
        return "date", None, date
    number = detect_numbers(rest)
    return ("number", number, None) if number is not None else ("text", None, None)


def _named_kind(header: str, kind: Kind, values: pl.Series) -> Kind:
    """Text becomes category or identifier, and integers that only number the rows become identifier."""
    present = values.drop_nulls()
    if kind not in ("text", "integer") or not len(present):
        return kind
    distinct = present.n_unique()
    nearly_unique = distinct >= UNIQUE_SHARE * len(values)
    if kind == "integer":
        key = distinct == len(values) and _numbers_rows(header, present)
        return "identifier" if key else "integer"
    lengths = present.str.len_chars()
    if nearly_unique and float(lengths.quantile(0.95) or 0) <= KEY_LENGTH:
        return "identifier"
    longest = int(lengths.max() or 0)  # pyright: ignore[reportArgumentType]  (polars types max() for any dtype)
    return "category" if len(present) >= CATEGORY_REPEATS * distinct and longest <= CATEGORY_LENGTH else "text"


def _numbers_rows(header: str, values: pl.Series) -> bool:
    """Keys of integers: named as one, or counting 0, 1, 2 … or 1, 2, 3 … through the table."""
    first = int(values[0])
    counting = first in (0, 1) and bool((values.diff().drop_nulls() == 1).all())
    return counting or _KEY_NAME.search(header) is not None or _KEY_NAME.search(header.lower()) is not None
