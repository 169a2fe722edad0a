"""Check that a program fits a table, before an engine runs it.

The check reads the kinds of columns and never a value of the table: it refuses programs, it does not evaluate them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, assert_never

from tabletutor.programs import grammar as g

Kind = Literal["integer", "number", "boolean", "text", "date", "empty"]  # no step takes an empty column
AnswerKind = Kind | Literal["list", "set", "mapping"]

NUMERIC = ("integer", "number")
ORDERED = ("integer", "number", "date")
DISCRETE = ("integer", "boolean", "text", "date")
INTEGER_LIMIT = 2**63


class IllTypedError(TypeError):
    """The program does not fit the table. The message names the step and the fault."""


def answer_kind(program: g.Program, columns: Mapping[str, Kind]) -> AnswerKind:
    """Return the kind of a program's answer. Raises `IllTypedError` if the program does not fit these columns."""
    kind = _chain_kind(program.steps, columns)
    if program.join is not None:
        kind = _joined_kind(program.join, kind, _chain_kind(program.other, columns))
    elif program.other or program.after:
        raise IllTypedError("a program without a join cannot have `other` or `after`")
    for step in program.after:
        kind = _rounded_kind(step, kind)
    return kind


def moment(text: str) -> datetime:
    """Parse an ISO 8601 date, with or without a time. Raises `IllTypedError` for other text and for a time zone."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise IllTypedError(f"{text!r} is not an ISO 8601 date") from error
    if instant.tzinfo is not None:
        raise IllTypedError(f"{text!r} has a time zone; dates in tables have none")
    return instant


def _chain_kind(steps: tuple[g.Step, ...], table: Mapping[str, Kind]) -> AnswerKind:
    columns: dict[str, Kind] = dict(table)
    groups: tuple[Kind, Kind] | None = None  # the kind of the names, the kind of the values
    answer: AnswerKind | None = None
    for step in steps:
        if isinstance(step, g.Round):
            answer = _rounded_kind(step, answer)
        elif answer is not None:
            raise IllTypedError(f"{step} cannot follow a step that gives the answer")
        elif isinstance(step, g.Group):
            if groups is not None:
                raise IllTypedError(f"{step} cannot follow another group step")
            groups = _group_kinds(step, columns)
        elif isinstance(step, g.Keep | g.GroupReduction):
            if groups is None:
                raise IllTypedError(f"{step} needs groups, but there is no group step before it")
            answer = _group_answer(step, *groups)
        elif groups is not None:
            raise IllTypedError(f"{step} needs rows, but a group step stands before it")
        elif isinstance(step, g.Filter):
            _check_filter(step, columns)
        elif isinstance(step, g.Derivation):
            if step.name in columns:
                raise IllTypedError(f"{step}: column {step.name!r} already exists")
            columns[step.name] = _derived_kind(step, columns)
        else:
            answer = _frame_answer(step, columns)
    if answer is None:
        raise IllTypedError("the chain ends without an answer")
    return answer


def _require(step: Any, columns: Mapping[str, Kind], column: str, allowed: tuple[str, ...]) -> Kind:
    if column not in columns:
        raise IllTypedError(f"{step}: there is no column {column!r}")
    kind = columns[column]
    if kind not in allowed:
        raise IllTypedError(f"{step}: column {column!r} is {kind}, not {' or '.join(allowed)}")
    return kind


def _check_count(step: Any, number: int) -> None:
    if not 1 <= number < INTEGER_LIMIT:
        raise IllTypedError(f"{step}: {number} must be at least 1 and fit 64 bits")


def _check_number(step: Any, value: object) -> None:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")
    if not fits or (isinstance(value, int) and not -INTEGER_LIMIT <= value < INTEGER_LIMIT):
        raise IllTypedError(f"{step}: {value!r} is not a finite number (integers have 64 bits)")


def _check_condition(step: g.Where | g.Share, columns: Mapping[str, Kind]) -> None:
    kind = _require(step, columns, step.column, ("integer", "number", "boolean", "text", "date"))
    if kind in NUMERIC:
        _check_number(step, step.value)
    elif kind == "boolean":
        if not isinstance(step.value, bool) or step.comparison not in ("==", "!="):
            raise IllTypedError(f"{step}: a boolean column can only be compared by == or != with true or false")
    elif not isinstance(step.value, str):
        raise IllTypedError(f"{step}: {step.value!r} is not a {kind}")
    elif kind == "date":
        moment(step.value)


def _check_filter(step: g.Filter, columns: Mapping[str, Kind]) -> None:
    match step:
        case g.Where():
            _check_condition(step, columns)
        case g.OneOf() | g.Contains():
            _require(step, columns, step.column, ("text",))
        case g.Missing():
            _require(step, columns, step.column, (*NUMERIC, "boolean", "text", "date"))
        case g.BeyondStatistic():
            _require(step, columns, step.column, NUMERIC)
        case g.Top():
            _require(step, columns, step.column, ORDERED)
            _check_count(step, step.n)
        case _:
            assert_never(step)


def _derived_kind(step: g.Derivation, columns: Mapping[str, Kind]) -> Kind:
    match step:
        case g.DatePart():
            _require(step, columns, step.column, ("date",))
            return "text" if step.part == "weekday" else "integer"
        case g.TextPart():
            _require(step, columns, step.column, ("text",))
            return "text" if step.part == "first_word" else "integer"
        case g.Arithmetic():
            kinds = {_require(step, columns, column, NUMERIC) for column in (step.left, step.right)}
            return "integer" if kinds == {"integer"} and step.operator != "/" else "number"
        case g.DaysBetween():
            for column in (step.start, step.end):
                _require(step, columns, column, ("date",))
            return "integer"
        case _:
            assert_never(step)


def _aggregate_kind(step: g.Aggregate | g.Group, column: str, columns: Mapping[str, Kind]) -> Kind:
    if step.aggregation in ("nunique", "count"):
        _require(step, columns, column, (*NUMERIC, "boolean", "text", "date"))
        return "integer"
    if step.aggregation in ("min", "max"):
        return _require(step, columns, column, ORDERED)
    kind = _require(step, columns, column, NUMERIC)
    return kind if step.aggregation == "sum" else "number"


def _group_kinds(step: g.Group, columns: Mapping[str, Kind]) -> tuple[Kind, Kind]:
    by = _require(step, columns, step.by, DISCRETE)
    if step.column is not None:
        return by, _aggregate_kind(step, step.column, columns)
    if step.aggregation != "count":
        raise IllTypedError(f"{step}: {step.aggregation} needs a column")
    return by, "integer"


def _frame_answer(step: g.Reduction, columns: Mapping[str, Kind]) -> AnswerKind:
    match step:
        case g.Count():
            return "integer"
        case g.Aggregate():
            return _aggregate_kind(step, step.column, columns)
        case g.Quantile():
            _require(step, columns, step.column, NUMERIC)
            if not 0 < step.q < 1:
                raise IllTypedError(f"{step}: q is not between 0 and 1")
            return "number"
        case g.Span():
            return _require(step, columns, step.column, NUMERIC)
        case g.Share():
            _check_condition(step, columns)
            return "number"
        case g.MissingShare():
            _require(step, columns, step.column, (*NUMERIC, "boolean", "text", "date"))
            return "number"
        case g.MostFrequent():
            return _require(step, columns, step.column, DISCRETE)
        case g.Lookup():
            _require(step, columns, step.column, ORDERED)
            return _require(step, columns, step.target, (*NUMERIC, "boolean", "text", "date"))
        case g.ListOf():
            _require(step, columns, step.column, (*NUMERIC, "boolean", "text", "date"))
            return "list"
        case g.Distinct():
            _require(step, columns, step.column, DISCRETE)
            return "set"
        case g.Correlation():
            for column in (step.left, step.right):
                _require(step, columns, column, NUMERIC)
            return "number"
        case _:
            assert_never(step)


def _group_answer(step: g.Keep | g.GroupReduction, name: Kind, value: Kind) -> AnswerKind | None:
    if isinstance(step, g.Keep | g.GroupSpread | g.GroupShare) and value not in NUMERIC:
        raise IllTypedError(f"{step}: the values of the groups are dates, not numbers")
    match step:
        case g.Keep():
            _check_number(step, step.value)
            return None
        case g.BestGroup():
            _check_count(step, step.rank)
            return name
        case g.TopGroups():
            _check_count(step, step.n)
            return "list"
        case g.BestValue() | g.GroupSpread():
            return value
        case g.GroupCount():
            return "integer"
        case g.GroupShare():
            return "number"
        case g.GroupNames():
            return "set"
        case g.GroupMapping():
            return "mapping"
        case _:
            assert_never(step)


def _rounded_kind(step: g.Round, kind: AnswerKind | None) -> AnswerKind:
    if kind not in NUMERIC:
        raise IllTypedError(f"{step} cannot round a {kind or 'frame'}")
    return kind


def _joined_kind(join: g.Join, left: AnswerKind, right: AnswerKind) -> AnswerKind:
    if left not in NUMERIC or right not in NUMERIC:
        raise IllTypedError(f"{join} needs two numbers, not {left} and {right}")
    if (join.names is not None) != (join.operator == "larger_name"):
        raise IllTypedError(f"{join}: `names` is required by larger_name and not allowed otherwise")
    match join.operator:
        case "difference":
            return "integer" if left == right == "integer" else "number"
        case "ratio" | "percent":
            return "number"
        case "greater":
            return "boolean"
        case "larger_name":
            return "text"
