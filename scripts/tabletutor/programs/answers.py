"""Convert the values that engines return to plain JSON answers."""

import math
from datetime import datetime
from typing import Any

from tabletutor.programs.grammar import NoAnswer

Scalar = int | float | str | bool


def to_answer(value: Any) -> Scalar:
    """Return one value as JSON: dates as ISO 8601, minus zero as zero.

    Raises `NoAnswer` for a missing value or a number that is not finite, and TypeError for a type that no engine should
    return.
    """
    match value:
        case None:
            raise NoAnswer("no_answer", "the value is missing")
        case bool() | int() | str():
            return value
        case float():
            if not math.isfinite(value):
                raise NoAnswer("no_answer", f"the value is {value}")
            return value + 0.0
        case datetime():
            return to_iso(value)
        case _:
            raise TypeError(f"an engine returned {value!r}, a {type(value).__name__}")


def to_iso(instant: datetime) -> str:
    """Return `2012-01-31` for midnight, else `2012-01-31T10:20:30`, with the decimals that are needed."""
    text = instant.isoformat()
    if text.endswith("T00:00:00"):
        return text[:10]
    return text.rstrip("0") if instant.microsecond else text


def to_key(value: Any) -> str:
    """Return a group's name as the key of a mapping: text unchanged, other values as `True`, `12` or an ISO date."""
    return str(to_answer(value))
