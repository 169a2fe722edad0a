"""Kinds of columns and answers, and the checks of one argument of a step."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from tabletutor.programs import grammar as g

Kind = Literal["integer", "number", "boolean", "text", "date", "empty"]  # no step takes an empty column
AnswerKind = Kind | Literal["list", "set", "mapping", "table", "record"]
Columns = Mapping[str, Kind]

NUMERIC = ("integer", "number")
ORDERED = ("integer", "number", "date")
DISCRETE = ("integer", "boolean", "text", "date")
ANY = (*NUMERIC, "boolean", "text", "date")
INTEGER_LIMIT = 2**63


class IllTypedError(TypeError):
    """The program does not fit the table. The message names the step and the fault."""


def moment(text: str) -> datetime:
    """Parse an ISO 8601 date, with or without a time. Raises `IllTypedError` for other text and for a time zone."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise IllTypedError(f"{text!r} is not an ISO 8601 date") from error
    if instant.tzinfo is not None:
        raise IllTypedError(f"{text!r} has a time zone; dates in tables have none")
    return instant


def require(step: Any, columns: Columns, column: str, allowed: tuple[str, ...]) -> Kind:
    """Return the kind of a column. Raises `IllTypedError` if it does not exist or is none of `allowed`."""
    if column not in columns:
        raise IllTypedError(f"{step}: there is no column {column!r}")
    kind = columns[column]
    if kind not in allowed:
        raise IllTypedError(f"{step}: column {column!r} is {kind}, not {' or '.join(allowed)}")
    return kind


def check_count(step: Any, number: int) -> None:
    """Raise `IllTypedError` unless the number is a count of at least 1."""
    if not 1 <= number < INTEGER_LIMIT:
        raise IllTypedError(f"{step}: {number} must be at least 1 and fit 64 bits")


def check_number(step: Any, value: object) -> None:
    """Raise `IllTypedError` unless the value is a finite number."""
    fits = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")
    if not fits or (isinstance(value, int) and not -INTEGER_LIMIT <= value < INTEGER_LIMIT):
        raise IllTypedError(f"{step}: {value!r} is not a finite number (integers have 64 bits)")


def check_condition(step: g.Where | g.Share | g.Streak, columns: Columns) -> None:
    """Raise `IllTypedError` unless the comparison fits the column."""
    kind = require(step, columns, step.column, ANY)
    if kind in NUMERIC:
        check_number(step, step.value)
    elif kind == "boolean":
        if not isinstance(step.value, bool) or step.comparison not in ("==", "!="):
            raise IllTypedError(f"{step}: a boolean column can only be compared by == or != with true or false")
    elif not isinstance(step.value, str):
        raise IllTypedError(f"{step}: {step.value!r} is not a {kind}")
    elif kind == "date":
        moment(step.value)


def check_running(step: g.Running | g.Along) -> None:
    """Raise `IllTypedError` unless a rolling mean, and nothing else, says of how many values it is."""
    if (step.n is not None) != (step.operation == "rolling_mean"):
        raise IllTypedError(f"{step}: `n` is required by rolling_mean and not allowed otherwise")
    if step.n is not None:
        check_count(step, step.n)


def running_kind(step: g.Running | g.Along, kind: Kind) -> Kind:
    """Return the kind of the values that are computed along values of this kind."""
    return kind if step.operation in ("cumulative", "change") else "number"
