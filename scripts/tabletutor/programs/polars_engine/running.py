"""Sums and changes along a series in Polars."""

from typing import assert_never

import polars as pl

from tabletutor.programs import grammar as g


def compute_running(step: g.Running | g.Along, series: pl.Series) -> pl.Series:
    """Return the result along a series without missing values; rows without a result have a missing value.

    Whole numbers stay 128-bit integers in a cumulative sum and in a change.
    """
    number = series.cast(pl.Float64)
    exact = series.cast(pl.Int128) if series.dtype.is_integer() else number
    match step.operation:
        case "rolling_mean":
            assert step.n is not None
            return number.rolling_mean(step.n)
        case "cumulative":
            return exact.cum_sum()
        case "change":
            return exact.diff()
        case "percent_change":
            before = number.shift(1)
            change = pl.select(pl.when(pl.lit(before) != 0).then(100 * (pl.lit(number) / pl.lit(before) - 1)))
            return change.to_series()
        case _:
            assert_never(step.operation)
