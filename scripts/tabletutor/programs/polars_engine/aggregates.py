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
        case "nunique_with_missing":
            return value.n_unique()
        case "std" | "population_std":
            return value.std(ddof=int(aggregation == "std"))
        case "var" | "population_var":
            return value.var(ddof=int(aggregation == "var"))
        case "skew" | "population_skew":
            return _varying(value.cast(pl.Float64).skew(bias=aggregation != "skew"), 3 if aggregation == "skew" else 2)
        case "kurt" | "population_kurt":
            return _varying(
                value.cast(pl.Float64).kurtosis(bias=aggregation != "kurt"), 4 if aggregation == "kurt" else 2
            )
        case "pearson_kurt":
            return _varying(value.cast(pl.Float64).kurtosis(fisher=False, bias=True), 2)
        case _:
            return getattr(value, aggregation)()


def _varying(aggregated: pl.Expr, least: int) -> pl.Expr:
    """Return the expression, missing for fewer than `least` values and for values that are all equal."""
    value = pl.col("value")
    return pl.when((value.count() >= least) & (value.max() > value.min())).then(aggregated)


def widen(series: pl.Series, aggregation: g.Aggregation) -> pl.Series:
    """Return the series to aggregate: integers to be summed as 128 bits, because Polars' sum wraps around."""
    return series.cast(pl.Int128) if aggregation == "sum" and series.dtype == pl.Int64 else series
