"""Steps from rows to an answer in Polars."""

from typing import Any, assert_never

import polars as pl

from tabletutor.programs import grammar as g
from tabletutor.programs.answers import to_answer, to_key
from tabletutor.programs.polars_engine.aggregates import aggregate, widen
from tabletutor.programs.polars_engine.comparison import compare
from tabletutor.programs.polars_engine.groups import pivot
from tabletutor.programs.polars_engine.hypothesis_tests import compute_test
from tabletutor.programs.polars_engine.ranking import best_groups, top_rows
from tabletutor.programs.polars_engine.statistics import compute_statistic


def reduce_rows(step: g.Reduction, frame: pl.DataFrame) -> Any:
    """Return the answer that a step takes from the rows, as JSON."""
    if isinstance(step, g.HypothesisTest):
        return compute_test(step, frame)
    if isinstance(step, g.Statistic):
        return compute_statistic(step, frame)
    match step:
        case g.Count() | g.Aggregate() | g.Span() | g.Share() | g.MissingShare():
            return to_answer(_number(step, frame))
        case g.MostFrequent():
            names = pl.DataFrame({"name": frame.get_column(step.column)}).drop_nulls()
            counts = names.group_by("name").agg(pl.len().alias("value"))
            return to_answer(best_groups(counts, "largest", 1)[0])
        case g.Lookup():
            (row,) = top_rows(frame.get_column(step.column), 1, step.direction)
            return to_answer(frame.get_column(step.target)[row])
        case g.ListOf():
            return [to_answer(value) for value in frame.get_column(step.column).to_list()]
        case g.Distinct():
            distinct = frame.get_column(step.column).drop_nulls().unique().to_list()
            return [to_answer(value) for value in sorted(distinct)]
        case g.Edge():
            values = frame.get_column(step.column)
            return to_answer(values[0 if step.place == "first" else -1] if frame.height else None)
        case g.Streak():
            fulfils = compare(frame.get_column(step.column), step.comparison, step.value)
            return to_answer(_longest_streak(fulfils) if frame.height else None)
        case g.BestWithin():
            return _best_within(step, frame)
        case g.Pivot():
            return pivot(step, frame)
        case _:
            assert_never(step)


def _longest_streak(fulfils: pl.Series) -> int:
    longest = current = 0
    for hit in fulfils.to_list():
        current = current + 1 if hit else 0
        longest = max(longest, current)
    return longest


def _best_within(step: g.BestWithin, frame: pl.DataFrame) -> dict[str, Any]:
    columns = {"name": step.by, "value": step.column, "target": step.target}
    rows = pl.DataFrame({name: frame.get_column(column) for name, column in columns.items()})
    best: dict[str, Any] = {}
    for group in rows.drop_nulls(["name", "value"]).sort("name", maintain_order=True).partition_by("name"):
        (row,) = top_rows(group.get_column("value"), 1, step.direction)
        best[to_key(group["name"][0])] = group["target"][row]
    return {name: to_answer(target) for name, target in best.items()}


def _number(step: g.Count | g.Aggregate | g.Span | g.Share | g.MissingShare, frame: pl.DataFrame) -> Any:
    match step:
        case g.Count():
            return frame.height
        case g.Aggregate():
            series = widen(frame.get_column(step.column), step.aggregation)
            return pl.DataFrame({"value": series}).select(aggregate(step.aggregation)).item()
        case g.Span():
            present = frame.get_column(step.column).drop_nulls().to_list()
            return max(present) - min(present) if present else None
        case g.Share():
            matching = compare(frame.get_column(step.column), step.comparison, step.value).sum()
            return 100 * matching / frame.height if frame.height else None
        case g.MissingShare():
            return 100 * frame.get_column(step.column).null_count() / frame.height if frame.height else None
        case _:
            assert_never(step)
