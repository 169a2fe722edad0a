"""Steps that make, change and reduce groups as SQL."""

from typing import assert_never

from tabletutor.programs import grammar as g
from tabletutor.programs.duckdb_sql.aggregates import aggregate, is_inexact
from tabletutor.programs.duckdb_sql.chain import ORDER, Chain
from tabletutor.programs.duckdb_sql.query import Query
from tabletutor.programs.duckdb_sql.running import running

EXTREME = {"largest": "max", "smallest": "min"}


def make_groups(step: g.Group, chain: Chain) -> None:
    """Add the expression with one row per group: its name and its value."""
    by = chain.columns[step.by].name
    value = "count(*)"
    if step.column is not None:
        name, kind = chain.columns[step.column]
        value = aggregate(step.aggregation, name)
        chain.inexact = is_inexact(step.aggregation, kind)
    select = f"SELECT {by} AS name, {value} AS value FROM {chain.source} WHERE {by} IS NOT NULL GROUP BY {by}"
    chain.push(f"SELECT * FROM ({select}) WHERE value IS NOT NULL")
    if chain.inexact:
        chain.check_finite("value")


def change_groups(step: g.GroupChange, chain: Chain) -> None:
    """Add the expression with other groups, or other values."""
    match step:
        case g.Keep():
            chain.push(f"SELECT * FROM {chain.source} WHERE value {step.comparison} {chain.bind(step.value)}")
        case g.GroupShares():
            total = "CAST(sum(value) AS DOUBLE)"
            chain.checks.append(
                chain.statement(f"SELECT CASE WHEN {total} = 0 THEN 'no_answer' END FROM {chain.source}")
            )
            share = f"100 * CAST(value AS DOUBLE) / (SELECT {total} FROM {chain.source})"
            chain.push(f"SELECT name, {share} AS value FROM {chain.source}")
            chain.inexact = True
        case g.Along():
            wide = "CAST(value AS DOUBLE)" if chain.inexact else "CAST(value AS HUGEINT)"
            value = running(step, wide, "ORDER BY name", chain)
            chain.push(f"SELECT * FROM (SELECT name, {value} AS value FROM {chain.source}) WHERE value IS NOT NULL")
            chain.inexact = chain.inexact or step.operation in ("rolling_mean", "percent_change")
            if chain.inexact:
                chain.check_finite("value")
        case _:
            assert_never(step)


def reduce_groups(step: g.GroupReduction, chain: Chain) -> Query:
    """Return the query for an answer from the groups."""
    match step:
        case g.BestGroup():
            chain.check_ranks("value", chain.inexact, step.direction, step.rank, step.rank)
            order = f"ORDER BY value {ORDER[step.direction]} LIMIT 1 OFFSET {chain.bind(step.rank - 1)}"
            return Query(f"SELECT name FROM {chain.source} {order}")
        case g.TopGroups():
            chain.check_ranks("value", chain.inexact, step.direction, 1, step.n)
            order = f"ORDER BY value {ORDER[step.direction]} LIMIT {chain.bind(step.n)}"
            return Query(f"SELECT name FROM {chain.source} {order}", "list")
        case g.GroupNames():
            return Query(f"SELECT name FROM {chain.source} ORDER BY name", "list")
        case g.GroupMapping():
            return Query(f"SELECT name, value FROM {chain.source} ORDER BY name", "mapping")
        case g.GroupValue():
            return Query(f"SELECT (SELECT value FROM {chain.source} WHERE name = {chain.bind(step.name)})")
        case _:
            return Query(f"SELECT {_number(step)} FROM {chain.source}")


def _number(step: g.BestValue | g.GroupCount | g.GroupSpread | g.GroupShare | g.GroupStatistic) -> str:
    """Return the expression for an answer that is one number."""
    match step:
        case g.GroupCount():
            return "count(*)"
        case g.BestValue():
            return f"{EXTREME[step.direction]}(value)"
        case g.GroupSpread():
            return "max(value) - min(value)"
        case g.GroupShare():
            return "100 * CAST(max(value) AS DOUBLE) / nullif(CAST(sum(value) AS DOUBLE), 0)"
        case g.GroupStatistic():
            return aggregate(step.statistic, "value")
        case _:
            assert_never(step)
