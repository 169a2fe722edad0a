"""Aggregates of one column as SQL, of all rows or by group."""

from tabletutor.programs import grammar as g
from tabletutor.programs.typecheck import Kind

_DEVIATIONS = "list_transform(list({0}), lambda v: pow(v - avg({0}), {1}))"


def _moment(power: int) -> str:
    """Return SQL for the sum of the deviations from the mean, each raised to `power`; {0} is the column."""
    return f"list_sum({_DEVIATIONS.replace('{1}', str(power))})"


_N = "CAST(count({0}) AS DOUBLE)"
_VARIES = "max({0}) > min({0})"
_AGGREGATES: dict[str, str] = {
    "mean": "avg({0})",
    "sum": "sum({0})",
    "min": "min({0})",
    "max": "max({0})",
    "median": "quantile_cont(CAST({0} AS DOUBLE), 0.5)",
    "std": "stddev_samp(CAST({0} AS DOUBLE))",
    "nunique": "count(DISTINCT {0})",
    "count": "count({0})",
    "var": "var_samp(CAST({0} AS DOUBLE))",
    "population_std": "stddev_pop(CAST({0} AS DOUBLE))",
    "population_var": "var_pop(CAST({0} AS DOUBLE))",
    "skew": f"CASE WHEN count({{0}}) > 2 AND {_VARIES} THEN sqrt({_N} * ({_N} - 1)) / ({_N} - 2) "
    f"* ({_moment(3)} / {_N}) / pow({_moment(2)} / {_N}, 1.5) END",
    "kurt": f"CASE WHEN count({{0}}) > 3 AND {_VARIES} THEN ({_N} - 1) / (({_N} - 2) * ({_N} - 3)) "
    f"* (({_N} + 1) * {_N} * {_moment(4)} / pow({_moment(2)}, 2) - 3 * ({_N} - 1)) END",
}


def aggregate(aggregation: g.Aggregation, name: str) -> str:
    """Return the expression for an aggregate of the column called `name` in SQL."""
    if aggregation not in _AGGREGATES:
        raise ValueError(f"only Polars computes {aggregation}")
    return _AGGREGATES[aggregation].format(name)


def is_inexact(aggregation: g.Aggregation, kind: Kind) -> bool:
    """Return whether the aggregate of a column of this kind is floating point."""
    if aggregation in ("nunique", "count"):
        return False
    return kind == "number" or aggregation not in ("sum", "min", "max")
