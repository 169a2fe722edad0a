"""Steps that make, change and reduce groups in Polars."""

import math
from typing import Any, assert_never

import polars as pl

from tabletutor.programs import grammar as g
from tabletutor.programs.answers import to_answer, to_key
from tabletutor.programs.polars_engine.aggregates import aggregate, widen
from tabletutor.programs.polars_engine.comparison import compare
from tabletutor.programs.polars_engine.ranking import best_groups


def make_groups(step: g.Group, frame: pl.DataFrame) -> pl.DataFrame:
    """Return one row per group, with the columns "name" and "value"."""
    names = frame.get_column(step.by)
    if step.column is None:
        rows, value = pl.DataFrame({"name": names}), pl.len().cast(pl.Int64)
    else:
        rows = pl.DataFrame({"name": names, "value": widen(frame.get_column(step.column), step.aggregation)})
        value = aggregate(step.aggregation)
    groups = rows.filter(rows.get_column("name").is_not_null()).group_by("name", maintain_order=True)
    groups = groups.agg(value.alias("value")).drop_nulls("value")
    for number in groups.get_column("value").to_list():
        to_answer(number)  # raises for an overflow, by which groups cannot be ranked
    return groups


def change_groups(step: g.GroupChange, groups: pl.DataFrame) -> pl.DataFrame:
    """Return other groups, or the groups with other values."""
    match step:
        case g.Keep():
            return groups.filter(compare(groups.get_column("value"), step.comparison, step.value))
        case g.GroupShares() | g.Along():
            raise NotImplementedError
        case _:
            assert_never(step)


def reduce_groups(step: g.GroupReduction, groups: pl.DataFrame) -> Any:
    """Return the answer that a step takes from the groups, as JSON."""
    match step:
        case g.GroupCount():
            return groups.height
        case g.GroupNames():
            return [to_answer(name) for name in sorted(groups.get_column("name").to_list())]
        case g.GroupMapping():
            return {to_key(name): to_answer(value) for name, value in groups.sort("name").rows()}
        case g.BestGroup():
            best = best_groups(groups, step.direction, step.rank, only_last=True)
            return to_answer(best[-1])
        case g.TopGroups():
            return [to_answer(name) for name in best_groups(groups, step.direction, step.n)]
        case _:
            values: list[Any] = groups.get_column("value").to_list()
            if not values:
                raise g.NoAnswer("no_answer", "there are no groups")
            return to_answer(_number(step, values))


def _number(
    step: g.BestValue | g.GroupSpread | g.GroupShare | g.GroupStatistic | g.GroupValue, values: list[Any]
) -> Any:
    match step:
        case g.BestValue():
            return max(values) if step.direction == "largest" else min(values)
        case g.GroupSpread():
            return max(values) - min(values)
        case g.GroupShare():
            total = math.fsum(values)
            return 100 * max(values) / total if total else None
        case g.GroupStatistic() | g.GroupValue():
            raise NotImplementedError
        case _:
            assert_never(step)
