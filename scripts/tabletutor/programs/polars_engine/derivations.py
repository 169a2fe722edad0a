"""New columns in Polars."""

from bisect import bisect_right
from typing import Any, assert_never, cast

import polars as pl

from tabletutor.programs import grammar as g
from tabletutor.programs.answers import to_answer
from tabletutor.programs.polars_engine.running import compute_running

WEEKDAYS = {1: "Monday", 2: "Tuesday", 3: "Wednesday", 4: "Thursday", 5: "Friday", 6: "Saturday", 7: "Sunday"}
DAY = 86_400_000_000  # microseconds
# Python's str.split: the regex crate's \s is Unicode's White_Space, to which Python adds the four ASCII separators.
WORD = r"([^\s\x1c-\x1f]+)"


def derive(step: g.Derivation, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with the new column."""
    return frame.with_columns(_derivation(step, frame).alias(step.name))


def _derivation(step: g.Derivation, frame: pl.DataFrame) -> pl.Series:
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
        case g.Bin():
            values = frame.get_column(step.column).to_list()
            labels = [None if value is None else step.labels[bisect_right(step.edges, value)] for value in values]
            return pl.Series(labels, dtype=pl.String)
        case g.RankWithin():
            return _rank(step, frame)
        case g.Period():
            return _period(step, frame.get_column(step.column))
        case g.Scale():
            return _scale(step, frame.get_column(step.column).cast(pl.Float64))
        case g.Impute():
            return _impute(step, frame.get_column(step.column))
        case g.Running():
            return _running(step, frame.get_column(step.column))
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
    return _fit(result)


def _fit(result: pl.Series) -> pl.Series:
    """Make a float that is not finite, or an integer that does not fit 64 bits, missing."""
    if result.dtype.is_integer():
        return result.cast(pl.Int64, strict=False)
    return pl.select(pl.when(pl.lit(result).is_finite()).then(pl.lit(result))).to_series()


def _rank(step: g.RankWithin, frame: pl.DataFrame) -> pl.Series:
    rows = pl.DataFrame({"value": frame.get_column(step.column)})
    by = pl.Series([0] * rows.height, dtype=pl.Int64) if step.by is None else frame.get_column(step.by)
    method = {"best": "min", "dense": "dense", "worst": "max"}[step.ties]
    rank = pl.col("value").rank(cast("Any", method), descending=step.direction == "largest").over("by")
    known = pl.when(pl.col("by").is_not_null()).then(rank)
    return rows.with_columns(by.alias("by")).select(known.cast(pl.Int64)).to_series()


def _period(step: g.Period, series: pl.Series) -> pl.Series:
    if step.unit == "quarter":
        return pl.select(pl.format("{}Q{}", pl.lit(series.dt.year()), pl.lit(series.dt.quarter()))).to_series()
    return series.dt.strftime("%Y-%m" if step.unit == "month" else "%Y")


def _scale(step: g.Scale, series: pl.Series) -> pl.Series:
    low, high = cast("tuple[Any, Any]", (series.min(), series.max()))
    if low is None or low == high:
        return pl.Series([None] * len(series), dtype=pl.Float64)
    if step.method == "minmax":
        return _fit((series - low) / (high - low))
    mean, deviation = series.mean(), series.std(ddof=0 if step.population else 1)
    return _fit((series - float(to_answer(mean))) / float(to_answer(deviation)))


def _impute(step: g.Impute, series: pl.Series) -> pl.Series:
    match step.method:
        case "mean" | "median":
            statistic = series.mean() if step.method == "mean" else series.median()
            number = series.cast(pl.Float64)
            return number if statistic is None else number.fill_null(float(to_answer(statistic)))
        case "zero":
            return series.fill_null(strategy="zero")
        case "forward":
            return series.fill_null(strategy="forward")
        case _:
            assert_never(step.method)


def _running(step: g.Running, series: pl.Series) -> pl.Series:
    """Compute along the rows with a value, and leave the other rows without one."""
    result = _fit(compute_running(step, series.drop_nulls()))
    places = series.is_not_null().arg_true()
    return pl.Series([None] * len(series), dtype=result.dtype).scatter(places, result)
