"""Steps from rows to an answer as SQL."""

from typing import assert_never

from tabletutor.programs import grammar as g
from tabletutor.programs.duckdb_sql import hypothesis_tests, statistics
from tabletutor.programs.duckdb_sql.aggregates import aggregate
from tabletutor.programs.duckdb_sql.chain import ORDER, Chain, is_tie
from tabletutor.programs.duckdb_sql.groups import make_groups, reduce_groups
from tabletutor.programs.duckdb_sql.query import Query
from tabletutor.programs.duckdb_sql.rows import comparison


def reduce_rows(step: g.Reduction, chain: Chain) -> Query:
    """Return the query for an answer from the rows."""
    if isinstance(step, g.HypothesisTest):
        return hypothesis_tests.query(step, chain)
    if isinstance(step, g.Statistic):
        return statistics.query(step, chain)
    match step:
        case g.Count() | g.Aggregate() | g.Span() | g.Share() | g.MissingShare():
            return Query(f"SELECT {_number(step, chain)} FROM {chain.source}")
        case g.MostFrequent():
            make_groups(g.Group(by=step.column, aggregation="count"), chain)
            return reduce_groups(g.BestGroup(direction="largest"), chain)
        case g.Lookup():
            name, kind = chain.columns[step.column]
            chain.check_ranks(name, kind == "number", step.direction, 1, 1)
            target = chain.columns[step.target].name
            order = f"WHERE {name} IS NOT NULL ORDER BY {name} {ORDER[step.direction]} LIMIT 1"
            return Query(f"SELECT {target} FROM {chain.source} {order}")
        case g.ListOf():
            return Query(f"SELECT {chain.columns[step.column].name} FROM {chain.source} ORDER BY place", "list")
        case g.Distinct():
            name = chain.columns[step.column].name
            select = f"SELECT DISTINCT {name} AS name FROM {chain.source} WHERE {name} IS NOT NULL ORDER BY name"
            return Query(select, "list")
        case g.Edge():
            order = f"ORDER BY place {'ASC' if step.place == 'first' else 'DESC'} LIMIT 1"
            return Query(f"SELECT (SELECT {chain.columns[step.column].name} FROM {chain.source} {order})")
        case g.Streak():
            return Query(_streak(step, chain))
        case g.BestWithin():
            return _best_within(step, chain)
        case g.Pivot():
            return _pivot(step, chain)
        case _:
            assert_never(step)


def _streak(step: g.Streak, chain: Chain) -> str:
    hits = f"SELECT place, coalesce({comparison(step, chain)}, false) AS hit FROM {chain.source}"
    # Both numbers grow by 1 from row to row within a run, so their difference names the run.
    run = "row_number() OVER (ORDER BY place) - row_number() OVER (PARTITION BY hit ORDER BY place)"
    lengths = f"SELECT count(*) AS length FROM (SELECT hit, {run} AS run FROM ({hits})) WHERE hit GROUP BY run"
    longest = f"(SELECT coalesce(max(length), 0) FROM ({lengths}))"
    return f"SELECT CASE WHEN count(*) > 0 THEN {longest} END FROM {chain.source}"


def _best_within(step: g.BestWithin, chain: Chain) -> Query:
    (by, _), (name, kind), (target, _) = (chain.columns[column] for column in (step.by, step.column, step.target))
    window = f"WINDOW ranking AS (PARTITION BY {by} ORDER BY {name} {ORDER[step.direction]})"
    tied = is_tie(name, f"lag({name}) OVER ranking", kind == "number")
    chain.push(
        f"SELECT {by} AS name, {target} AS value, row_number() OVER ranking AS rank, {tied} AS tied "
        f"FROM {chain.source} WHERE {by} IS NOT NULL AND {name} IS NOT NULL {window}"
    )
    check = f"SELECT CASE WHEN bool_or(tied) FILTER (WHERE rank = 2) THEN 'tie' END FROM {chain.source}"
    chain.checks.append(chain.statement(check))
    return Query(f"SELECT name, value FROM {chain.source} WHERE rank = 1 ORDER BY name", "mapping")


def _pivot(step: g.Pivot, chain: Chain) -> Query:
    by, across = chain.columns[step.by].name, chain.columns[step.across].name
    value = "count(*)" if step.column is None else aggregate(step.aggregation, chain.columns[step.column].name)
    known = f"WHERE {by} IS NOT NULL AND {across} IS NOT NULL"
    select = f"SELECT {by} AS name, {across} AS across, {value} AS value FROM {chain.source} {known} GROUP BY ALL"
    chain.push(f"SELECT * FROM ({select}) WHERE value IS NOT NULL")
    return Query(f"SELECT name, across, value FROM {chain.source} ORDER BY name, across", "table")


def _number(step: g.Count | g.Aggregate | g.Span | g.Share | g.MissingShare, chain: Chain) -> str:
    """Return the expression for an answer that is one number, computed from all rows."""
    match step:
        case g.Count():
            return "count(*)"
        case g.Aggregate():
            return aggregate(step.aggregation, chain.columns[step.column].name)
        case g.Span():
            name = chain.columns[step.column].name
            return f"CAST(max({name}) AS {chain.wide(step.column)}) - min({name})"
        case g.Share():
            matching = f"count(*) FILTER (WHERE {comparison(step, chain)})"
            return f"CAST(100 AS DOUBLE) * {matching} / nullif(count(*), 0)"
        case g.MissingShare():
            missing = f"count(*) FILTER (WHERE {chain.columns[step.column].name} IS NULL)"
            return f"CAST(100 AS DOUBLE) * {missing} / nullif(count(*), 0)"
        case _:
            assert_never(step)
