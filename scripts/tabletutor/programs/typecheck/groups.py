"""Check the steps that make, change and reduce groups."""

from typing import assert_never

from tabletutor.programs import grammar as g
from tabletutor.programs.typecheck.aggregates import aggregate_kind
from tabletutor.programs.typecheck.kinds import (
    DISCRETE,
    NUMERIC,
    AnswerKind,
    Columns,
    IllTypedError,
    Kind,
    check_count,
    check_number,
    require,
)


def group_kinds(step: g.Group, columns: Columns) -> tuple[Kind, Kind]:
    """Return the kinds of the names and the values of the groups that a step makes."""
    by = require(step, columns, step.by, DISCRETE)
    if step.column is not None:
        return by, aggregate_kind(step, step.column, columns)
    if step.aggregation != "count":
        raise IllTypedError(f"{step}: {step.aggregation} needs a column")
    return by, "integer"


def changed_value_kind(step: g.GroupChange, name: Kind, value: Kind) -> Kind:
    """Return the kind of the values of the groups after a step."""
    _require_numbers(step, value)
    match step:
        case g.Keep():
            check_number(step, step.value)
            return value
        case g.GroupShares() | g.Along():
            raise NotImplementedError
        case _:
            assert_never(step)


def group_answer_kind(step: g.GroupReduction, name: Kind, value: Kind) -> AnswerKind:
    """Return the kind of the answer that a step takes from groups with names and values of these kinds."""
    if isinstance(step, g.GroupSpread | g.GroupShare | g.GroupStatistic):
        _require_numbers(step, value)
    match step:
        case g.BestGroup():
            check_count(step, step.rank)
            return name
        case g.TopGroups():
            check_count(step, step.n)
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
        case g.GroupStatistic() | g.GroupValue():
            raise NotImplementedError
        case _:
            assert_never(step)


def _require_numbers(step: g.GroupChange | g.GroupReduction, value: Kind) -> None:
    if value not in NUMERIC:
        raise IllTypedError(f"{step}: the values of the groups are dates, not numbers")
