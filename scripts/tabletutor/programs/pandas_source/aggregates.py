"""Aggregates of a Series, or of the Series of each group, as pandas source."""

from tabletutor.programs import grammar as g

_CALLS = {"population_std": "std(ddof=0)", "population_var": "var(ddof=0)"}
_POLARS_ONLY = ("population_skew", "population_kurt", "pearson_kurt", "nunique_with_missing")


def aggregate(aggregation: g.Aggregation) -> str:
    """Return the call of the method for an aggregate."""
    if aggregation in _POLARS_ONLY:
        raise ValueError(f"only Polars computes {aggregation}")
    return _CALLS.get(aggregation, f"{aggregation}()")
