"""Steps that make, change and reduce groups as pandas source."""

from typing import assert_never

from tabletutor.programs import grammar as g
from tabletutor.programs.pandas_source.aggregates import aggregate
from tabletutor.programs.pandas_source.derivations import running

_EVERY_GROUP = g.GroupCount | g.GroupNames | g.GroupMapping | g.GroupShares | g.Along


def make_groups(step: g.Group, frame: str, later: tuple[g.Step, ...]) -> str:
    """Return the expression for a Series with one value per group.

    Groups without a value are left out where one of the `later` steps would count or show them.
    """
    groups = aggregate_groups(step, f"{frame}.groupby({step.by!r})")
    certain = step.column is None or step.aggregation in ("count", "nunique")
    shown = any(isinstance(change, _EVERY_GROUP) for change in later)
    return f"{groups}.dropna()" if shown and not certain else groups


def aggregate_groups(step: g.Group | g.Pivot, groups: str) -> str:
    """Return the expression for the aggregate of each group."""
    if step.column is None:
        return f"{groups}.size()"
    if step.aggregation == "sum":
        return f"{groups}[{step.column!r}].sum(min_count=1)"
    return f"{groups}[{step.column!r}].{aggregate(step.aggregation)}"


def change_groups(step: g.GroupChange, groups: str) -> str:
    """Return the expression for other groups, or for the groups with other values."""
    match step:
        case g.Keep():
            return f"{groups}[{groups} {step.comparison} {step.value!r}]"
        case g.GroupShares():
            return f"{groups} / {groups}.sum() * 100"
        case g.Along(operation="cumulative"):
            return running(step, groups)
        case g.Along(operation="percent_change"):
            return f"({running(step, groups)}).dropna()"
        case g.Along():
            return f"{running(step, groups)}.dropna()"
        case _:
            assert_never(step)


def group_reduction(step: g.GroupReduction, groups: str) -> str:
    """Return the expression for an answer from `groups`."""
    match step:
        case g.BestGroup(direction=direction, rank=1):
            return f"{groups}.{'idxmax' if direction == 'largest' else 'idxmin'}()"
        case g.BestGroup():
            return f"{groups}.sort_values(ascending={step.direction == 'smallest'}).index[{step.rank - 1}]"
        case g.BestValue():
            return f"{groups}.{'max' if step.direction == 'largest' else 'min'}()"
        case g.TopGroups():
            return f"{groups}.n{step.direction}({step.n}).index.tolist()"
        case g.GroupCount():
            return f"len({groups})"
        case g.GroupSpread():
            return f"{groups}.max() - {groups}.min()"
        case g.GroupShare():
            return f"{groups}.max() / {groups}.sum() * 100"
        case g.GroupNames():
            return f"sorted({groups}.index)"
        case g.GroupMapping():
            return f"{groups}.to_dict()"
        case g.GroupStatistic():
            return f"{groups}.{aggregate(step.statistic)}"
        case g.GroupValue():
            return f"{groups}.loc[{step.name!r}]"
        case _:
            assert_never(step)
