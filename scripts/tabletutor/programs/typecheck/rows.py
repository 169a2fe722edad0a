"""Check the steps from rows to rows."""

from typing import assert_never

from tabletutor.programs import grammar as g
from tabletutor.programs.typecheck.kinds import (
    ANY,
    NUMERIC,
    ORDERED,
    Columns,
    Kind,
    check_condition,
    check_count,
    require,
)


def check_filter(step: g.Filter, columns: Columns) -> None:
    """Raise `IllTypedError` unless the step fits the columns."""
    match step:
        case g.Where():
            check_condition(step, columns)
        case g.OneOf() | g.Contains():
            require(step, columns, step.column, ("text",))
        case g.Missing():
            require(step, columns, step.column, ANY)
        case g.BeyondStatistic():
            require(step, columns, step.column, NUMERIC)
        case g.Outliers() | g.Repeated() | g.Sort():
            raise NotImplementedError
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
        case g.Bin() | g.RankWithin() | g.Period() | g.Scale() | g.Impute() | g.Running():
            raise NotImplementedError
        case _:
            assert_never(step)
