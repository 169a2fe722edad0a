"""Runs a program with Polars, column by column.

Columns are taken as series by their exact header, never through `pl.col`, which reads `*` and `^…$` as patterns.
"""

import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from tabletutor.programs import grammar as g
from tabletutor.programs.answers import to_answer, to_key
from tabletutor.programs.kinds import Kind, answer_kind, moment

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
    """The table in memory. Raises TypeError for a column that is not of a type the tables stage writes."""
    frame = pl.read_parquet(parquet, glob=False, hive_partitioning=False)
    for header, dtype in frame.schema.items():
        if dtype not in KINDS:
            raise TypeError(f"{parquet}: column {header!r} is {dtype}, none of {', '.join(map(str, KINDS))}")
    return frame


def run(program: g.Program, frame: pl.DataFrame) -> Any:
    """The program's answer as JSON. Raises `NoAnswer`, or `IllTypedError` where the program does not fit the table."""
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
        match step:
            case g.Where() | g.OneOf() | g.Contains() | g.Missing() | g.BeyondStatistic():
                frame = frame.filter(_mask(step, frame))
            case g.Top():
                frame = frame[_top_rows(frame.get_column(step.column), step.n, step.direction)]
            case g.DatePart() | g.TextPart() | g.Arithmetic() | g.DaysBetween():
                frame = frame.with_columns(_derived(step, frame).alias(step.name))
            case g.Group():
                groups = _group(step, frame)
            case g.Keep():
                groups = groups.filter(_compare(groups.get_column("value"), step.comparison, step.value))
            case g.Round():
                answer = to_answer(round(answer, step.decimals))
            case g.Count() | g.Aggregate() | g.Quantile() | g.Span() | g.Share() | g.MissingShare() | g.Correlation():
                answer = to_answer(_number(step, frame))
            case g.MostFrequent() | g.Lookup() | g.ListOf() | g.Distinct():
                answer = _values(step, frame)
            case _:
                answer = _of_groups(step, groups)
    return answer


def _compare(series: pl.Series, comparison: g.Comparison, value: float | str | bool | datetime) -> pl.Series:
    """Whether each value compares so; missing where the value is missing."""
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


def _mask(step: g.Where | g.OneOf | g.Contains | g.Missing | g.BeyondStatistic, frame: pl.DataFrame) -> pl.Series:
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
            if statistic is None:  # no values, so no row either
                return series.is_not_null()
            return _compare(series, step.comparison, float(to_answer(statistic)))


def _derived(step: g.DatePart | g.TextPart | g.Arithmetic | g.DaysBetween, frame: pl.DataFrame) -> pl.Series:
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
    if whole:  # what does not fit 64 bits is missing
        return result.cast(pl.Int64, strict=False)
    return pl.select(pl.when(pl.lit(result).is_finite()).then(pl.lit(result))).to_series()


def _aggregate(aggregation: g.Aggregation) -> pl.Expr:
    """The aggregate of the column named "value", missing where there is none."""
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


def _wide(series: pl.Series, aggregation: g.Aggregation) -> pl.Series:
    """The series as it is to be aggregated: integers are summed in 128 bits, since Polars wraps around."""
    return series.cast(pl.Int128) if aggregation == "sum" and series.dtype == pl.Int64 else series


def _group(step: g.Group, frame: pl.DataFrame) -> pl.DataFrame:
    """One row a group: "name" and "value"."""
    names = frame.get_column(step.by)
    if step.column is None:
        rows, value = pl.DataFrame({"name": names}), pl.len().cast(pl.Int64)
    else:
        rows = pl.DataFrame({"name": names, "value": _wide(frame.get_column(step.column), step.aggregation)})
        value = _aggregate(step.aggregation)
    groups = rows.filter(rows.get_column("name").is_not_null()).group_by("name", maintain_order=True)
    groups = groups.agg(value.alias("value")).drop_nulls("value")
    for number in groups.get_column("value").to_list():
        to_answer(number)  # an overflow is no number to rank groups by
    return groups


def _number(step: g.Step, frame: pl.DataFrame) -> Any:
    match step:
        case g.Count():
            return frame.height
        case g.Aggregate():
            series = _wide(frame.get_column(step.column), step.aggregation)
            return pl.DataFrame({"value": series}).select(_aggregate(step.aggregation)).item()
        case g.Quantile():
            return frame.get_column(step.column).quantile(step.q, interpolation="linear")
        case g.Span():
            present = frame.get_column(step.column).drop_nulls().to_list()
            return max(present) - min(present) if present else None
        case g.Share():
            fits = _compare(frame.get_column(step.column), step.comparison, step.value).sum()
            return 100 * fits / frame.height if frame.height else None
        case g.MissingShare():
            return 100 * frame.get_column(step.column).null_count() / frame.height if frame.height else None
        case g.Correlation():
            pairs = pl.DataFrame({"x": frame.get_column(step.left), "y": frame.get_column(step.right)}).drop_nulls()
            if any(pairs.get_column(axis).n_unique() < 2 for axis in "xy"):
                raise g.NoAnswer("no_answer", "a correlation needs two columns that vary")
            return pairs.select(pl.corr("x", "y", method="pearson")).item()
        case _:
            raise AssertionError(step)


def _values(step: g.MostFrequent | g.Lookup | g.ListOf | g.Distinct, frame: pl.DataFrame) -> Any:
    series = frame.get_column(step.column)
    match step:
        case g.MostFrequent():
            counts = pl.DataFrame({"name": series}).drop_nulls().group_by("name").agg(pl.len().alias("value"))
            return to_answer(_ranked(counts, "largest", 1)[0])
        case g.Lookup():
            (row,) = _top_rows(series, 1, step.direction)
            return to_answer(frame.get_column(step.target)[row])
        case g.ListOf():
            return [to_answer(value) for value in series.to_list()]
        case g.Distinct():
            return [to_answer(value) for value in sorted(series.drop_nulls().unique().to_list())]


def _of_groups(step: g.Step, groups: pl.DataFrame) -> Any:
    values: list[Any] = groups.get_column("value").to_list()
    match step:
        case g.GroupCount():
            return groups.height
        case g.GroupNames():
            return [to_answer(name) for name in sorted(groups.get_column("name").to_list())]
        case g.GroupMapping():
            return {to_key(name): to_answer(value) for name, value in groups.sort("name").rows()}
        case g.BestGroup():
            ranked = _ranked(groups, step.direction, step.rank, only_last=True)
            return to_answer(ranked[-1])
        case g.TopGroups():
            return [to_answer(name) for name in _ranked(groups, step.direction, step.n)]
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


def _tied(one: Any, other: Any) -> bool:
    """Equal, or as floats within the reach of a different order of summation."""
    inexact = isinstance(one, float) or isinstance(other, float)
    return one == other or (inexact and math.isclose(one, other, rel_tol=TIE, abs_tol=0.0))


def _refuse_ties(values: Sequence[Any], n: int, *, only_last: bool = False) -> None:
    """Raise unless the first `n` of the sorted `values` (or just the n-th) differ from each other and the next."""
    if len(values) < n:
        raise g.NoAnswer("no_answer", f"{n} wanted, there are {len(values)}")
    for index in range(max(n - 2, 0) if only_last else 0, min(n, len(values) - 1)):
        if _tied(values[index], values[index + 1]):
            raise g.NoAnswer("tie", f"{values[index]!r} and {values[index + 1]!r} share a place")


def _top_rows(series: pl.Series, n: int, direction: g.Direction) -> list[int]:
    """The positions of the `n` best values, best first."""
    order = series.arg_sort(descending=direction == "largest", nulls_last=True)[: series.count()]
    best = order[: n + 1]
    _refuse_ties(series.gather(best).to_list(), n)
    return best[:n].to_list()


def _ranked(groups: pl.DataFrame, direction: g.Direction, n: int, *, only_last: bool = False) -> list[Any]:
    """The names of the `n` best groups, best first."""
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
            return left > right and not _tied(left, right)
        case "larger_name":
            if _tied(left, right):
                raise g.NoAnswer("tie", f"{left} and {right} are equal")
            assert join.names is not None
            return join.names[0] if left > right else join.names[1]
