"""Check the steps from rows to rows."""

from typing import assert_never

from tabletutor.programs import grammar as g
from tabletutor.programs.typecheck.kinds import (
    ANY,
    DISCRETE,
    NUMERIC,
    ORDERED,
    Columns,
    IllTypedError,
    Kind,
    check_condition,
    check_count,
    check_number,
    check_running,
    require,
    running_kind,
)


def check_filter(step: g.Filter, columns: Columns) -> None:
    """Raise `IllTypedError` unless the step fits the columns."""
    match step:
        case g.Where():
            check_condition(step, columns)
            if step.ignore_case and (columns[step.column] != "text" or step.comparison not in ("==", "!=")):
                raise IllTypedError(f"{step}: only == and != of text can ignore case")
        case g.OneOf():
            require(step, columns, step.column, ("text",))
        case g.Contains():
            require(step, columns, step.column, ("text",))
            if step.whole_word and not step.text:
                raise IllTypedError(f"{step}: there is no word to look for")
        case g.Missing():
            require(step, columns, step.column, ANY)
        case g.BeyondStatistic() | g.Outliers():
            require(step, columns, step.column, NUMERIC)
        case g.Repeated():
            for column in step.columns:
                require(step, columns, column, ANY)
        case g.Sort():
            require(step, columns, step.column, ORDERED)
        case g.Top():
            require(step, columns, step.column, ORDERED)
            check_count(step, step.n)
        case _:
            assert_never(step)


def derived_kind(step: g.Derivation, columns: Columns) -> Kind:
    """Return the kind of the new column."""
    match step:
        case g.DatePart():
            require(step, columns, step.column, ("date",))
            return "text" if step.part == "weekday" else "integer"
        case g.TextPart():
            require(step, columns, step.column, ("text",))
            return "text" if step.part == "first_word" else "integer"
        case g.Arithmetic():
            kinds = {require(step, columns, column, NUMERIC) for column in (step.left, step.right)}
            return "integer" if kinds == {"integer"} and step.operator != "/" else "number"
        case g.DaysBetween():
            for column in (step.start, step.end):
                require(step, columns, column, ("date",))
            return "integer"
        case g.Bin():
            require(step, columns, step.column, NUMERIC)
            _check_bins(step)
            return "text"
        case g.RankWithin():
            require(step, columns, step.column, NUMERIC)
            if step.by is not None:
                require(step, columns, step.by, DISCRETE)
            return "integer"
        case g.Period():
            require(step, columns, step.column, ("date",))
            return "text"
        case g.Scale():
            require(step, columns, step.column, NUMERIC)
            return "number"
        case g.Impute(method="forward"):
            return require(step, columns, step.column, ANY)
        case g.Impute():
            kind = require(step, columns, step.column, NUMERIC)
            return kind if step.method == "zero" else "number"
        case g.Running():
            check_running(step)
            return running_kind(step, require(step, columns, step.column, NUMERIC))
        case _:
            assert_never(step)


def _check_bins(step: g.Bin) -> None:
    for edge in step.edges:
        check_number(step, edge)
    if not step.edges or any(low >= high for low, high in zip(step.edges, step.edges[1:], strict=False)):
        raise IllTypedError(f"{step}: the edges do not ascend")
    if len(set(step.labels)) != len(step.edges) + 1 or len(step.labels) != len(step.edges) + 1:
        raise IllTypedError(f"{step}: there must be one label more than edges, all different")
