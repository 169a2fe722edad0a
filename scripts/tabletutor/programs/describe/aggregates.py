"""Aggregates in words."""

from tabletutor.programs import grammar as g

AGGREGATIONS = {
    "nunique": "count the distinct values of",
    "count": "count the known values of",
    "std": "take the standard deviation of",
    "var": "take the variance of",
    "skew": "take the skewness of",
    "kurt": "take the excess kurtosis of",
    "population_std": "take the population standard deviation of",
    "population_var": "take the population variance of",
}


def aggregate_words(aggregation: g.Aggregation, column: str) -> str:
    """Return an aggregate of a column, as an imperative clause."""
    return f"{aggregation_words(aggregation)} {column!r}"


def aggregation_words(aggregation: g.Aggregation) -> str:
    """Return an aggregate as an imperative clause that lacks its object."""
    return AGGREGATIONS.get(aggregation, f"take the {aggregation} of")
