"""Dates and times as people write them. One format must fit every cell of a column."""

import re
from dataclasses import dataclass

import polars as pl

SAMPLE = 64
_SHAPE = re.compile(r"[\d:/.,\-+ TZ]+|.*[A-Za-z]{3,9}.*")
_CLOCK = r"\d{1,2}:\d\d"
_NAMED = re.compile(r"date|day|datum|fecha|time|jour|giorno", re.IGNORECASE)
ISO = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d")
# Of two readings that both fit, the first is taken and reported: month first with slashes, else day first.
ORDERS = (
    ("%m/%d/%Y", "%d/%m/%Y"),
    ("%d-%m-%Y", "%m-%d-%Y"),
    ("%d.%m.%Y", "%m.%d.%Y"),
    ("%m/%d/%y", "%d/%m/%y"),
    ("%d-%m-%y", "%m-%d-%y"),
    ("%d.%m.%y", "%m.%d.%y"),
)
NAMED_MONTHS = ("%d-%b-%Y", "%d %b %Y", "%d. %b %Y", "%b %d, %Y", "%b %d %Y", "%Y-%b-%d", "%d-%b-%y")
CLOCKS = ("%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p")


@dataclass(frozen=True)
class DateForm:
    """The one format of a column (strptime codes), whether it has a clock, and what had to be decided."""

    format: str
    clock: bool
    zone: bool
    warnings: tuple[str, ...] = ()


def detect_dates(distinct: pl.Series, header: str) -> DateForm | None:
    """The date format that fits all of a column's distinct non-missing cells, or None.

    Eight digits ("20240131") are a date only if the header says so.
    """
    sample = distinct.head(SAMPLE)
    if not all(_SHAPE.fullmatch(cell) and any(c.isdigit() for c in cell) for cell in sample.to_list()):
        return None
    clock = bool(sample.str.contains(_CLOCK).all())
    text = _joined(distinct)
    zone = clock and bool(text.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$").all())
    for formats in _formats(sample, clock, header):
        fitting = [f for f in formats if _fits(text, f + ("%z" if zone else ""))]
        if not fitting:
            continue
        warnings: list[str] = []
        if len(fitting) > 1:
            warnings.append(f"day and month cannot be told apart; read as {fitting[0]}")
        if "%y" in fitting[0]:
            warnings.append("two-digit years: 69-99 read as 1969-1999, 00-68 as 2000-2068")
        if zone:
            warnings.append("times converted to UTC")
        return DateForm(fitting[0] + ("%z" if zone else ""), clock, zone, tuple(warnings))
    return None


def to_datetimes(cells: pl.Series, form: DateForm) -> pl.Series:
    """Convert stripped text cells (missing ones null) to Datetime in microseconds, in UTC where they carry a zone."""
    return _parsed(_joined(cells), form.format)


def _joined(cells: pl.Series) -> pl.Series:
    """`2024-01-31T10:00Z` as `2024-01-31 10:00+00:00`: one form for what ISO 8601 allows to vary."""
    joined = cells.str.replace(r"(\d)T(\d)", "$1 $2").str.replace(rf"({_CLOCK}.*?)\s*Z$", "$1+00:00")
    joined = joined.str.replace(rf"({_CLOCK}\S*)\s+([+-]\d\d)", "$1$2")
    return joined.str.replace(rf"({_CLOCK}\S*[+-]\d\d)$", "$1:00")


def _formats(sample: pl.Series, clock: bool, header: str) -> list[tuple[str, ...]]:
    """Groups of formats to try; the formats of one group are rival readings of the same digits."""
    letters = bool(sample.str.contains(r"[A-Za-z]{3}").all())
    dates: list[tuple[str, ...]]
    if letters:
        dates = [(f,) for f in NAMED_MONTHS]
    elif bool(sample.str.contains(r"^\d{4}[-/.]").all()):
        dates = [(f,) for f in ISO]
    elif bool(sample.str.contains(r"^\d{8}$").all()):
        return [("%Y%m%d",)] if _NAMED.search(header) else []
    elif bool(sample.str.contains(r"^\d{1,2}[-/.]\d{1,2}[-/.]\d{4}(?:\D|$)").all()):
        dates = [pair for pair in ORDERS if pair[0].endswith("%Y")]
    elif bool(sample.str.contains(r"^\d{1,2}[-/.]\d{1,2}[-/.]\d{2}(?:\D|$)").all()):
        dates = [pair for pair in ORDERS if pair[0].endswith("%y")]
    else:
        return []
    if not clock:
        return dates
    return [tuple(f"{f} {c}" for f in formats) for formats in dates for c in CLOCKS]


def _fits(text: pl.Series, code: str) -> bool:
    return _parsed(text.head(SAMPLE), code).null_count() == 0 and _parsed(text, code).null_count() == 0


def _parsed(text: pl.Series, code: str) -> pl.Series:
    parsed = text.str.to_datetime(code, strict=False, time_unit="us", exact=True)
    return parsed.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if code.endswith("%z") else parsed
