"""Run a program with Polars, column by column.

Columns are looked up as series by their exact header, never with `pl.col`, which reads `*` and `^…$` as patterns.
"""

import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, assert_never

import polars as pl

from tabletutor.programs import grammar as g
from tabletutor.programs.answers import to_answer, to_key
from tabletutor.programs.typecheck import Kind, answer_kind, moment

WEEKDAYS = {1: "Monday", 2: "Tuesday", 3: "Wednesday", 4: "Thursday", 5: "Friday", 6: "Saturday", 7: "Sunday"}
DAY = 86_400_000_000  # microseconds
# Python's str.split: the regex crate's \s is Unicode's White_Space, to which Python adds the four ASCII separators.
WORD = r"([^\s\x1c-\x1f]+)"
TIE = 1e-9
KINDS: dict[Any, Kind] = {
    pl.Int64: "integer",
    pl.Float64: "number",
    pl.Boolean: "boolean",
    pl.String: "text",
    pl.Datetime("us"): "date",
    pl.Null: "empty",
}


def load(parquet: Path) -> pl.DataFrame:
    """Return the table in memory. Raises TypeError for a column of a type that the tables stage does not write."""
    frame = pl.read_parquet(parquet, glob=False, hive_partitioning=False)
    for header, dtype in frame.schema.items():
        if dtype not in KINDS:
            raise TypeError(f"{parquet}: column {header!r} is {dtype}, none of {', '.join(map(str, KINDS))}")
    return frame


def run(program: g.Program, frame: pl.DataFrame) -> Any:
    """Return the program's answer as JSON.

    Raises `NoAnswer` if this table has no single answer, `IllTypedError` if the program does not fit the table.
    """
    answer_kind(program, {header: KINDS[dtype] for header, dtype in frame.schema.items()})
    answer: Any = _chain(program.steps, frame)
    if program.join is not None:
        answer = _join(program.join, answer, _chain(program.other, frame))
    for step in program.after:
        answer = to_answer(round(answer, step.decimals))
    return answer


def _chain(steps: tuple[g.Step, ...], frame: pl.DataFrame) -> Any:
    groups = pl.DataFrame()
    answer: Any = None
    for step in steps:
        if isinstance(step, g.Condition):
            frame = frame.filter(_mask(step, frame))
        elif isinstance(step, g.Top):
            frame = frame[_top_rows(frame.get_column(step.column), step.n, step.direction)]
        elif isinstance(step, g.Derivation):
            frame = frame.with_columns(_derive(step, frame).alias(step.name))
        elif isinstance(step, g.Group):
            groups = _group(step, frame)
        elif isinstance(step, g.Keep):
            groups = groups.filter(_compare(groups.get_column("value"), step.comparison, step.value))
        elif isinstance(step, g.Round):
            answer = to_answer(round(answer, step.decimals))
        elif isinstance(step, g.NumberReduction):
            answer = to_answer(_number(step, frame))
        elif isinstance(step, g.ValueReduction):
            answer = _pick_values(step, frame)
        else:
            answer = _reduce_groups(step, groups)
    return answer


def _compare(series: pl.Series, comparison: g.Comparison, value: float | str | bool | datetime) -> pl.Series:
    """Return whether each value fulfils the comparison; missing for a missing value."""
    if series.dtype == pl.Datetime and isinstance(value, str):
        value = moment(value)
    match comparison:
        case "==":
            return series == value
        case "!=":
            return series != value
        case ">":
            return series > value
        case ">=":
            return series >= value
        case "<":
            return series < value
        case "<=":
            return series <= value


def _mask(step: g.Condition, frame: pl.DataFrame) -> pl.Series:
    series = frame.get_column(step.column)
    match step:
        case g.Where():
            return _compare(series, step.comparison, step.value)
        case g.OneOf():
            return series.is_in(set(step.values))
        case g.Contains():
            return series.str.contains(step.text, literal=True)
        case g.Missing():
            return series.is_not_null() if step.negated else series.is_null()
        case g.BeyondStatistic():
            statistic = series.mean() if step.statistic == "mean" else series.median()
            if statistic is None:  # no values, so no rows
                return series.is_not_null()
            return _compare(series, step.comparison, float(to_answer(statistic)))
        case _:
            assert_never(step)


def _derive(step: g.Derivation, frame: pl.DataFrame) -> pl.Series:
    match step:
        case g.DatePart(part="weekday"):
            return frame.get_column(step.column).dt.weekday().replace_strict(WEEKDAYS, return_dtype=pl.String)
        case g.DatePart():
            return getattr(frame.get_column(step.column).dt, step.part)().cast(pl.Int64)
        case g.TextPart(part="length"):
            return frame.get_column(step.column).str.len_chars().cast(pl.Int64)
        case g.TextPart(part="words"):
            return frame.get_column(step.column).str.count_matches(WORD).cast(pl.Int64)
        case g.TextPart():
            return frame.get_column(step.column).str.extract(WORD, 1)
        case g.Arithmetic():
            return _arithmetic(frame.get_column(step.left), step.operator, frame.get_column(step.right))
        case g.DaysBetween():
            return (frame.get_column(step.end) - frame.get_column(step.start)).dt.total_microseconds() // DAY
        case _:
            assert_never(step)


def _arithmetic(left: pl.Series, operator: str, right: pl.Series) -> pl.Series:
    whole = operator != "/" and left.dtype == pl.Int64 and right.dtype == pl.Int64
    left, right = (series.cast(pl.Int128 if whole else pl.Float64) for series in (left, right))
    match operator:
        case "+":
            result = left + right
        case "-":
            result = left - right
        case "*":
            result = left * right
        case _:
            result = left / right
    if whole:  # a result that does not fit 64 bits is missing
        return result.cast(pl.Int64, strict=False)
    return pl.select(pl.when(pl.lit(result).is_finite()).then(pl.lit(result))).to_series()


def _aggregate(aggregation: g.Aggregation) -> pl.Expr:
    """Return the aggregate of the column named "value"; missing if it has no value."""
    value = pl.col("value")
    match aggregation:
        case "sum":  # Polars' sum of nothing is 0
            return pl.when(value.count() > 0).then(value.sum())
        case "nunique":
            return value.drop_nulls().n_unique()
        case "std":
            return value.std(ddof=1)
        case _:
            return getattr(value, aggregation)()


def _widen(series: pl.Series, aggregation: g.Aggregation) -> pl.Series:
    """Return the series to aggregate: integers to be summed as 128 bits, because Polars' sum wraps around."""
    return series.cast(pl.Int128) if aggregation == "sum" and series.dtype == pl.Int64 else series


def _group(step: g.Group, frame: pl.DataFrame) -> pl.DataFrame:
    """Return one row per group, with the columns "name" and "value"."""
    names = frame.get_column(step.by)
    if step.column is None:
        rows, value = pl.DataFrame({"name": names}), pl.len().cast(pl.Int64)
    else:
        rows = pl.DataFrame({"name": names, "value": _widen(frame.get_column(step.column), step.aggregation)})
        value = _aggregate(step.aggregation)
    groups = rows.filter(rows.get_column("name").is_not_null()).group_by("name", maintain_order=True)
    groups = groups.agg(value.alias("value")).drop_nulls("value")
    for number in groups.get_column("value").to_list():
        to_answer(number)  # raises for an overflow, by which groups cannot be ranked
    return groups


def _number(step: g.NumberReduction, frame: pl.DataFrame) -> Any:
    match step:
        case g.Count():
            return frame.height
        case g.Aggregate():
            series = _widen(frame.get_column(step.column), step.aggregation)
            return pl.DataFrame({"value": series}).select(_aggregate(step.aggregation)).item()
        case g.Quantile():
            return frame.get_column(step.column).quantile(step.q, interpolation="linear")
        case g.Span():
            present = frame.get_column(step.column).drop_nulls().to_list()
            return max(present) - min(present) if present else None
        case g.Share():
            matching = _compare(frame.get_column(step.column), step.comparison, step.value).sum()
            return 100 * matching / frame.height if frame.height else None
        case g.MissingShare():
            return 100 * frame.get_column(step.column).null_count() / frame.height if frame.height else None
        case g.Correlation():
            pairs = pl.DataFrame({"x": frame.get_column(step.left), "y": frame.get_column(step.right)}).drop_nulls()
            if any(pairs.get_column(axis).n_unique() < 2 for axis in "xy"):
                raise g.NoAnswer("no_answer", "a correlation needs two columns that vary")
            return pairs.select(pl.corr("x", "y", method="pearson")).item()
        case _:
            assert_never(step)


def _pick_values(step: g.ValueReduction, frame: pl.DataFrame) -> Any:
    series = frame.get_column(step.column)
    match step:
        case g.MostFrequent():
            counts = pl.DataFrame({"name": series}).drop_nulls().group_by("name").agg(pl.len().alias("value"))
            return to_answer(_best_groups(counts, "largest", 1)[0])
        case g.Lookup():
            (row,) = _top_rows(series, 1, step.direction)
            return to_answer(frame.get_column(step.target)[row])
        case g.ListOf():
            return [to_answer(value) for value in series.to_list()]
        case g.Distinct():
            return [to_answer(value) for value in sorted(series.drop_nulls().unique().to_list())]
        case _:
            assert_never(step)


def _reduce_groups(step: g.GroupReduction, groups: pl.DataFrame) -> Any:
    values: list[Any] = groups.get_column("value").to_list()
    match step:
        case g.GroupCount():
            return groups.height
        case g.GroupNames():
            return [to_answer(name) for name in sorted(groups.get_column("name").to_list())]
        case g.GroupMapping():
            return {to_key(name): to_answer(value) for name, value in groups.sort("name").rows()}
        case g.BestGroup():
            best = _best_groups(groups, step.direction, step.rank, only_last=True)
            return to_answer(best[-1])
        case g.TopGroups():
            return [to_answer(name) for name in _best_groups(groups, step.direction, step.n)]
        case _:
            pass
    if not values:
        raise g.NoAnswer("no_answer", "there are no groups")
    match step:
        case g.BestValue():
            return to_answer(max(values) if step.direction == "largest" else min(values))
        case g.GroupSpread():
            return to_answer(max(values) - min(values))
        case g.GroupShare():
            total = math.fsum(values)
            return to_answer(100 * max(values) / total if total else None)
        case _:
            raise AssertionError(step)


def _is_tie(one: Any, other: Any) -> bool:
    """Return whether two values are equal, floats within what a different order of summation can change."""
    inexact = isinstance(one, float) or isinstance(other, float)
    return one == other or (inexact and math.isclose(one, other, rel_tol=TIE, abs_tol=0.0))


def _refuse_ties(values: Sequence[Any], n: int, *, only_last: bool = False) -> None:
    """Raise NoAnswer unless the first `n` of the sorted `values` (or only the n-th) differ from their neighbours."""
    if len(values) < n:
        raise g.NoAnswer("no_answer", f"{n} wanted, there are {len(values)}")
    for index in range(max(n - 2, 0) if only_last else 0, min(n, len(values) - 1)):
        if _is_tie(values[index], values[index + 1]):
            raise g.NoAnswer("tie", f"{values[index]!r} and {values[index + 1]!r} share a place")


def _top_rows(series: pl.Series, n: int, direction: g.Direction) -> list[int]:
    """Return the row numbers of the `n` best values, best first."""
    order = series.arg_sort(descending=direction == "largest", nulls_last=True)[: series.count()]
    best = order[: n + 1]
    _refuse_ties(series.gather(best).to_list(), n)
    return best[:n].to_list()


def _best_groups(groups: pl.DataFrame, direction: g.Direction, n: int, *, only_last: bool = False) -> list[Any]:
    """Return the names of the `n` best groups, best first."""
    ordered = groups.sort("value", descending=direction == "largest", maintain_order=True)
    _refuse_ties(ordered.get_column("value").to_list(), n, only_last=only_last)
    return ordered.get_column("name").to_list()[:n]


def _join(join: g.Join, left: Any, right: Any) -> Any:
    match join.operator:
        case "difference":
            return to_answer(left - right)
        case "ratio" | "percent":
            if right == 0:
                raise g.NoAnswer("no_answer", "division by zero")
            return to_answer((100 if join.operator == "percent" else 1) * left / right)
        case "greater":
            return left > right and not _is_tie(left, right)
        case "larger_name":
            if _is_tie(left, right):
                raise g.NoAnswer("tie", f"{left} and {right} are equal")
            assert join.names is not None
            return join.names[0] if left > right else join.names[1]
