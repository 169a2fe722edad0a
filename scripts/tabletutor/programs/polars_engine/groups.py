"""Steps that make, change and reduce groups in Polars."""

import math
import statistics
from typing import Any, assert_never

import polars as pl

from tabletutor.programs import grammar as g
from tabletutor.programs.answers import to_answer, to_key
from tabletutor.programs.polars_engine.aggregates import aggregate, widen
from tabletutor.programs.polars_engine.comparison import compare
from tabletutor.programs.polars_engine.ranking import best_groups
from tabletutor.programs.polars_engine.running import compute_running


def make_groups(step: g.Group, frame: pl.DataFrame) -> pl.DataFrame:
    """Return one row per group, with the columns "name" and "value"."""
    names = frame.get_column(step.by)
    if step.with_missing:
        if names.dtype == pl.Boolean:
            names = names.replace_strict({True: "True", False: "False"}, default=None, return_dtype=pl.String)
        names = names.cast(pl.String).fill_null("NaN")
    return _aggregate_by(step, {"name": names}, frame)


def pivot(step: g.Pivot, frame: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Return a mapping from each value of `by` to a mapping from values of `across`."""
    keys = {"name": frame.get_column(step.by), "across": frame.get_column(step.across)}
    pairs = _aggregate_by(step, keys, frame).sort("name", "across").rows()
    table: dict[str, dict[str, Any]] = {}
    for name, _, _ in pairs:
        zeros = {to_key(across): 0 for across in sorted({across for _, across, _ in pairs})}
        table[to_key(name)] = zeros if step.zeros else {}
    for name, across, value in pairs:
        table[to_key(name)][to_key(across)] = to_answer(value)
    return table


def _aggregate_by(step: g.Group | g.Pivot, keys: dict[str, pl.Series], frame: pl.DataFrame) -> pl.DataFrame:
    """Return the aggregate of the rows with the same keys as column "value", without those that are missing."""
    if step.column is None:
        rows, value = pl.DataFrame(keys), pl.len().cast(pl.Int64)
    else:
        rows = pl.DataFrame({**keys, "value": widen(frame.get_column(step.column), step.aggregation)})
        value = aggregate(step.aggregation)
    groups = rows.drop_nulls(list(keys)).group_by(list(keys), maintain_order=True)
    groups = groups.agg(value.alias("value")).drop_nulls("value")
    for number in groups.get_column("value").to_list():
        to_answer(number)  # raises for an overflow, by which groups cannot be ranked
    return groups


def change_groups(step: g.GroupChange, groups: pl.DataFrame) -> pl.DataFrame:
    """Return other groups, or the groups with other values."""
    match step:
        case g.Keep():
            return groups.filter(compare(groups.get_column("value"), step.comparison, step.value))
        case g.GroupShares():
            values = groups.get_column("value").cast(pl.Float64)
            total = math.fsum(values)
            if groups.height and not total:
                raise g.NoAnswer("no_answer", "the groups sum to 0")
            return groups.with_columns(100 * values / total)
        case g.Along():
            groups = groups.sort("name")
            values = compute_running(step, groups.get_column("value"))
            groups = groups.with_columns(values.alias("value")).drop_nulls("value")
            for value in groups.get_column("value").to_list():
                to_answer(value)  # raises for an overflow
            return groups
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
        case g.GroupValue():
            return _value_of(step, groups)
        case _:
            values: list[Any] = groups.get_column("value").to_list()
            if not values:
                raise g.NoAnswer("no_answer", "there are no groups")
            return to_answer(_number(step, values))


def _number(step: g.BestValue | g.GroupSpread | g.GroupShare | g.GroupStatistic, values: list[Any]) -> Any:
    match step:
        case g.BestValue():
            return max(values) if step.direction == "largest" else min(values)
        case g.GroupSpread():
            return max(values) - min(values)
        case g.GroupShare():
            total = math.fsum(values)
            return 100 * max(values) / total if total else None
        case g.GroupStatistic():
            return _statistic(step, values)
        case _:
            assert_never(step)


def _value_of(step: g.GroupValue, groups: pl.DataFrame) -> Any:
    for name, value in groups.rows():
        if name == step.name:
            return to_answer(value)
    raise g.NoAnswer("no_answer", f"there is no group {step.name!r}")


def _statistic(step: g.GroupStatistic, values: list[Any]) -> Any:
    match step.statistic:
        case "mean":
            return statistics.fmean(values)
        case "median":
            return float(statistics.median(values))
        case "sum":
            return sum(values) if isinstance(values[0], int) else math.fsum(values)
        case "std":
            return statistics.stdev(map(float, values)) if len(values) > 1 else None
        case "population_std":
            return statistics.pstdev(map(float, values))
        case _:
            assert_never(step.statistic)
