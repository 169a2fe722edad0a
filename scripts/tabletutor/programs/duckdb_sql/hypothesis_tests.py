"""Hypothesis tests as SQL."""

from tabletutor.programs import grammar as g
from tabletutor.programs.duckdb_sql.chain import Chain
from tabletutor.programs.duckdb_sql.query import Query


def query(step: g.HypothesisTest, chain: Chain) -> Query:
    """Return the query for a part of a hypothesis test."""
    raise NotImplementedError
