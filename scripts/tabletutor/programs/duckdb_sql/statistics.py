"""Quantiles, correlation and regression as SQL."""

from tabletutor.programs import grammar as g
from tabletutor.programs.duckdb_sql.chain import Chain
from tabletutor.programs.duckdb_sql.query import Query


def query(step: g.Statistic, chain: Chain) -> Query:
    """Return the query for a statistic of the rows."""
    return Query(f"SELECT {_number(step, chain)} FROM {chain.source}")


def _number(step: g.Statistic, chain: Chain) -> str:
    match step:
        case g.Quantile():
            return f"quantile_cont(CAST({chain.columns[step.column].name} AS DOUBLE), {chain.bind(step.q)})"
        case g.Correlation():
            left, right = chain.columns[step.left].name, chain.columns[step.right].name
            both = f"WHERE {left} IS NOT NULL AND {right} IS NOT NULL"
            vary = " AND ".join(f"count(DISTINCT {name}) FILTER ({both}) > 1" for name in (left, right))
            return f"CASE WHEN {vary} THEN corr({left}, {right}) FILTER ({both}) END"
        case _:
            raise NotImplementedError
