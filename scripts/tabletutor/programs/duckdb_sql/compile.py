"""Compile a whole chain to one query and its checks."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tabletutor.programs import grammar as g
from tabletutor.programs.duckdb_sql.chain import Chain, Column, Statement
from tabletutor.programs.duckdb_sql.derivations import derive
from tabletutor.programs.duckdb_sql.groups import change_groups, make_groups, reduce_groups
from tabletutor.programs.duckdb_sql.query import Query, Shape
from tabletutor.programs.duckdb_sql.reductions import reduce_rows
from tabletutor.programs.duckdb_sql.rows import filter_rows


class Plan(NamedTuple):
    """A compiled chain. Each check returns one cell: NULL, or why there is no answer. The form of what `result` returns
    is its `shape`; `finish` computes a scalar from a row. A scalar is then rounded by each of `rounds` in turn."""

    checks: tuple[Statement, ...]
    result: Statement
    shape: Shape
    rounds: tuple[g.Round, ...]
    finish: Callable[[tuple[Any, ...]], float | bool | None] | None = None


def compile_chain(steps: tuple[g.Step, ...], columns: Mapping[str, Column]) -> Plan:
    """Compile a chain over table `t`, which has `columns` and `place`, the row's number.

    The chain must have passed `typecheck.answer_kind`.
    """
    chain = Chain(columns)
    query = Query("")
    rounds: list[g.Round] = []
    for step in steps:
        if g.is_other_reading(step):
            raise ValueError(f"{step}: only Polars computes other readings")
        if isinstance(step, g.Round):
            rounds.append(step)
        elif isinstance(step, g.Filter):
            filter_rows(step, chain)
        elif isinstance(step, g.Derivation):
            derive(step, chain)
        elif isinstance(step, g.Reduction):
            query = reduce_rows(step, chain)
        elif isinstance(step, g.Group):
            make_groups(step, chain)
        elif isinstance(step, g.GroupChange):
            change_groups(step, chain)
        else:
            query = reduce_groups(step, chain)
    return Plan(tuple(chain.checks), chain.statement(query.select), query.shape, tuple(rounds), query.finish)
