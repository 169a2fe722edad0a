"""Comparisons of a series with a value in Polars."""

from datetime import datetime

import polars as pl

from tabletutor.programs import grammar as g
from tabletutor.programs.typecheck import moment


def compare(series: pl.Series, comparison: g.Comparison, value: float | str | bool | datetime) -> pl.Series:
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
