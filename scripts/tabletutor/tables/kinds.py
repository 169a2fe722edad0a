"""What a column of text is: integer, number, boolean, date, datetime, category, text or identifier."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from tabletutor.records.table import Kind
from tabletutor.tables.dates import DateForm, detect_dates, to_datetimes
from tabletutor.tables.missing import found_markers, kept_markers
from tabletutor.tables.numbers import NumberForm, detect_numbers, header_unit, to_numbers, why_no_numbers

BOOLEANS = ({"true", "false"}, {"yes", "no"}, {"y", "n"}, {"t", "f"})
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
    """A column with its real type: Int64, Float64, Boolean, String, or Datetime in microseconds."""

    name: str
    kind: Kind
    values: pl.Series
    unit: str | None
    warnings: tuple[str, ...]


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
    if kind == "boolean" and not {"true", "false"} >= {value.casefold() for value in rest.to_list()}:
        warnings.append(f"{' and '.join(repr(v) for v in rest.to_list())} read as booleans")
    padded = False
    if kind == "text":
        if why := why_no_numbers(rest):
            warnings.append(why)
        share = (cells != stripped).sum() / max(1, cells.drop_nulls().len())
        padded = share >= 0.5 and len(cells) > 1
        if padded:
            warnings.append(f"spaces around {share:.0%} of the cells removed")
    return Reading(header, kind, missing, number, date, padded, tuple(warnings))


def convert(cells: pl.Series, reading: Reading, comma_decimal: bool) -> Column:
    """The typed column that `reading` describes. `comma_decimal`: other columns of the file prove a decimal comma."""
    stripped = cells.str.strip_chars()
    absent = stripped.is_null() | stripped.is_in(list(reading.missing))
    source = stripped if reading.kind != "text" or reading.padded else cells
    present = source.set(absent, None).alias(reading.header)
    warnings = list(reading.warnings)
    kind, unit, values = reading.kind, None, present
    if reading.number is not None:
        marks = reading.number.choose(comma_decimal)
        values = to_numbers(present, marks)
        kind = "integer" if values.dtype == pl.Int64 else "number"
        unit = reading.number.unit or header_unit(reading.header)
        if marks.thousands or marks.decimal != ".":
            warnings.append(f"read with decimal mark {marks.decimal!r} and thousands mark {marks.thousands!r}")
        if reading.number.ambiguous:
            warnings.append("the column alone does not tell a decimal comma from a thousands mark")
        if reading.number.unit:
            warnings.append(f"{reading.number.unit!r} taken from the cells and kept as the unit")
    elif reading.date is not None:
        values = to_datetimes(present, reading.date)
        kind = "date" if not reading.date.clock or _midnights(values) else "datetime"
    elif kind == "boolean":
        values = present.str.to_lowercase().is_in(["true", "yes", "y", "t"])
    return Column(reading.header, _named_kind(reading.header, kind, values), values, unit, tuple(warnings))


def _midnights(values: pl.Series) -> bool:
    return bool((values.drop_nulls().dt.truncate("1d") == values.drop_nulls()).all())


def _typed(rest: pl.Series, header: str) -> tuple[Kind, NumberForm | None, DateForm | None]:
    if len(rest) == 0:
        return "text", None, None
    if len(rest) <= 4 and {value.casefold() for value in rest.to_list()} in BOOLEANS:
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
