"""Read lengths of time written as text ("1h 42m", "2 hrs 5 min") as numbers of minutes, or of seconds."""

import re
from dataclasses import dataclass

import polars as pl

_HOURS = r"(?:(\d+)\s*(?:h|hr|hrs|hour|hours)\.?)?"
_MINUTES = r"(?:(\d+)\s*(?:m|min|mins|minute|minutes)\.?)?"
_SECONDS = r"(?:(\d+)\s*(?:s|sec|secs|second|seconds)\.?)?"
_DURATION = re.compile(rf"{_HOURS}[\s,]*{_MINUTES}[\s,]*{_SECONDS}", re.IGNORECASE)
MIN_MIXED = 2  # different cells with two units; "45m" alone may be metres


@dataclass(frozen=True)
class DurationForm:
    """Lengths of time in this unit: "min", or "s" if a cell has seconds."""

    unit: str


def detect_durations(distinct: pl.Series) -> DurationForm | None:
    """Return the form of a column's distinct cells if all are lengths of time, and some of hours and minutes or so."""
    matches = [_DURATION.fullmatch(cell) for cell in distinct.to_list()]
    if not all(match is not None and any(match.groups()) for match in matches):
        return None
    given = [tuple(part is not None for part in match.groups()) for match in matches if match]
    if sum(sum(parts) > 1 for parts in given) < MIN_MIXED:
        return None
    return DurationForm("s" if any(seconds for _, _, seconds in given) else "min")


def to_units(cells: pl.Series, form: DurationForm) -> pl.Series:
    """Return each cell as a whole number in the unit of `form`."""

    def count(cell: str) -> int:
        match = _DURATION.fullmatch(cell)
        hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
        return hours * 60 + minutes if form.unit == "min" else (hours * 60 + minutes) * 60 + seconds

    numbers = {cell: count(cell) for cell in cells.drop_nulls().unique().to_list()}
    return cells.replace_strict(numbers, default=None, return_dtype=pl.Int64)
