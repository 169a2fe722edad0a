"""Quantiles, weighted mean, correlation and regression as SQL."""

import itertools
from typing import Literal, assert_never

from tabletutor.programs import grammar as g
from tabletutor.programs.duckdb_sql.chain import Chain
from tabletutor.programs.duckdb_sql.query import Query

_INDEX = {"lower": "floor({})", "higher": "ceil({})", "nearest": "round_even({}, 0)"}


def query(step: g.Statistic, chain: Chain) -> Query:
    """Return the query for a statistic of the rows."""
    match step:
        case g.Quantile():
            return Query(f"SELECT {_quantile(step, chain)} FROM {chain.source}")
        case g.InterquartileRange():
            name = chain.columns[step.column].name
            low, high = (f"quantile_cont(CAST({name} AS DOUBLE), {q})" for q in (0.25, 0.75))
            return Query(f"SELECT {high} - {low} FROM {chain.source}")
        case g.Correlation():
            return Query(_correlation(chain, step.left, step.right, step.method))
        case g.StrongestPair():
            return _strongest_pair(step, chain)
        case g.WeightedMean():
            return Query(_weighted_mean(step, chain))
        case g.Regression():
            return Query(_regression(step, chain))
        case _:
            assert_never(step)


def _quantile(step: g.Quantile, chain: Chain) -> str:
    name, q = chain.columns[step.column].name, chain.bind(step.q)
    if step.interpolation == "linear":
        return f"quantile_cont(CAST({name} AS DOUBLE), {q})"
    index = _INDEX[step.interpolation].format(f"round((count({name}) - 1) * CAST({q} AS DOUBLE), 9)")
    return f"list_extract(list_sort(list({name}) FILTER (WHERE {name} IS NOT NULL)), 1 + CAST({index} AS BIGINT))"


def _pairs(chain: Chain, left: str, right: str) -> tuple[str, str, str]:
    """Return the rows where both have a value, and the names of both columns, as SQL."""
    one, other = chain.columns[left].name, chain.columns[right].name
    return f"(SELECT * FROM {chain.source} WHERE {one} IS NOT NULL AND {other} IS NOT NULL)", one, other


def _correlation(chain: Chain, left: str, right: str, method: Literal["pearson", "spearman"]) -> str:
    """Return the query for a correlation, NULL if a column does not vary."""
    pairs, *names = _pairs(chain, left, right)
    x, y = (_rank(name) if method == "spearman" else f"CAST({name} AS DOUBLE)" for name in names)
    vary = " AND ".join(f"(SELECT count(DISTINCT {name}) FROM {pairs}) > 1" for name in names)
    return f"SELECT CASE WHEN {vary} THEN corr(x, y) END AS value FROM (SELECT {x} AS x, {y} AS y FROM {pairs})"


def _rank(name: str) -> str:
    """Return the expression for the rank of a value; equal values have their average rank."""
    return f"rank() OVER (ORDER BY {name}) + (count(*) OVER (PARTITION BY {name}) - 1) / 2.0::DOUBLE"


def _strongest_pair(step: g.StrongestPair, chain: Chain) -> Query:
    selects = [
        f"SELECT {chain.bind(left)} AS one, {chain.bind(right)} AS other, abs(value) AS value FROM "
        f"({_correlation(chain, left, right, step.method)})"
        for left, right in itertools.combinations(step.columns, 2)
    ]
    chain.push(f"SELECT * FROM ({' UNION ALL '.join(selects)}) WHERE isfinite(value)")
    chain.check_ranks("value", True, "largest", 1, 1)
    best = f"SELECT one, other FROM {chain.source} ORDER BY value DESC LIMIT 1"
    return Query(f"SELECT unnest([one, other]) AS name FROM ({best}) ORDER BY name", "list")


def _weighted_mean(step: g.WeightedMean, chain: Chain) -> str:
    """Return the query for a weighted mean, NULL if a weight is negative or the weights sum to 0."""
    pairs, value, weight = _pairs(chain, step.column, step.weight)
    total = f"sum(CAST({weight} AS DOUBLE))"
    mean = f"sum(CAST({value} AS DOUBLE) * CAST({weight} AS DOUBLE)) / nullif({total}, 0)"
    return f"SELECT CASE WHEN min({weight}) >= 0 THEN {mean} END FROM {pairs}"


def _regression(step: g.Regression, chain: Chain) -> str:
    """Return the query for a part of the line, NULL for fewer than three rows or a column that does not vary."""
    pairs, x, y = _pairs(chain, step.x, step.y)
    varying = [f"count(DISTINCT {name}) > 1" for name in ((x, y) if step.part == "r2" else (x,))]
    value = f"regr_{step.part}(CAST({y} AS DOUBLE), CAST({x} AS DOUBLE))"
    return f"SELECT CASE WHEN {' AND '.join(['count(*) > 2', *varying])} THEN {value} END FROM {pairs}"
