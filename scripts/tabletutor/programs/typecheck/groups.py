"""Check the steps that make, change and reduce groups."""

from typing import assert_never

from tabletutor.programs import grammar as g
from tabletutor.programs.typecheck.aggregates import grouped_kind
from tabletutor.programs.typecheck.kinds import (
    DISCRETE,
    NUMERIC,
    AnswerKind,
    Columns,
    IllTypedError,
    Kind,
    check_count,
    check_number,
    check_running,
    require,
    running_kind,
)

NAMES = {"text": str, "integer": int, "boolean": bool}


def group_kinds(step: g.Group, columns: Columns) -> tuple[Kind, Kind]:
    """Return the kinds of the names and the values of the groups that a step makes."""
    by = require(step, columns, step.by, DISCRETE)
    return "text" if step.with_missing else by, grouped_kind(step, columns)


def changed_value_kind(step: g.GroupChange, value: Kind) -> Kind:
    """Return the kind of the values of the groups after a step."""
    _require_numbers(step, value)
    match step:
        case g.Keep():
            check_number(step, step.value)
            return value
        case g.GroupShares():
            return "number"
        case g.Along():
            check_running(step)
            return running_kind(step, value)
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
        case g.GroupStatistic():
            return value if step.statistic == "sum" else "number"
        case g.GroupValue():
            if NAMES.get(name) is not type(step.name):
                raise IllTypedError(f"{step}: no group can be called so, as the names of the groups are {name}")
            return value
        case _:
            assert_never(step)


def _require_numbers(step: g.GroupChange | g.GroupReduction, value: Kind) -> None:
    if value not in NUMERIC:
        raise IllTypedError(f"{step}: the values of the groups are dates, not numbers")
