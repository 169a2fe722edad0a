"""Aggregates of one column as SQL, of all rows or by group."""

from tabletutor.programs import grammar as g
from tabletutor.programs.typecheck import Kind

_AGGREGATES = {
    "mean": "avg({})",
    "sum": "sum({})",
    "min": "min({})",
    "max": "max({})",
    "median": "quantile_cont(CAST({} AS DOUBLE), 0.5)",
    "std": "stddev_samp(CAST({} AS DOUBLE))",
    "nunique": "count(DISTINCT {})",
    "count": "count({})",
}


def aggregate(aggregation: g.Aggregation, name: str) -> str:
    """Return the expression for an aggregate of the column called `name` in SQL."""
    return _AGGREGATES[aggregation].format(name)


def is_inexact(aggregation: g.Aggregation, kind: Kind) -> bool:
    """Return whether the aggregate of a column of this kind is floating point."""
    if aggregation in ("nunique", "count"):
        return False
    return kind == "number" or aggregation not in ("sum", "min", "max")
