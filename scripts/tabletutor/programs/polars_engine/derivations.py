"""New columns in Polars."""

from typing import assert_never

import polars as pl

from tabletutor.programs import grammar as g

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
        case g.Bin() | g.RankWithin() | g.Period() | g.Scale() | g.Impute() | g.Running():
            raise NotImplementedError
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
