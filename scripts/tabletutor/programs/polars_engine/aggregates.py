"""Aggregates of one column in Polars, of all rows or by group."""

import polars as pl

from tabletutor.programs import grammar as g


def aggregate(aggregation: g.Aggregation) -> pl.Expr:
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


def widen(series: pl.Series, aggregation: g.Aggregation) -> pl.Series:
    """Return the series to aggregate: integers to be summed as 128 bits, because Polars' sum wraps around."""
    return series.cast(pl.Int128) if aggregation == "sum" and series.dtype == pl.Int64 else series
