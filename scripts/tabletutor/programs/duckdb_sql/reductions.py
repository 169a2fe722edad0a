"""Steps from rows to an answer as SQL."""

from typing import assert_never

from tabletutor.programs import grammar as g
from tabletutor.programs.duckdb_sql import hypothesis_tests, statistics
from tabletutor.programs.duckdb_sql.aggregates import aggregate
from tabletutor.programs.duckdb_sql.chain import ORDER, Chain
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
        case g.Edge() | g.Streak() | g.BestWithin() | g.Pivot():
            raise NotImplementedError
        case _:
            assert_never(step)


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
