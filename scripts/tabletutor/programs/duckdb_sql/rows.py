"""Steps from rows to rows as SQL: conditions and rankings of rows."""

from typing import assert_never

from tabletutor.programs import grammar as g
from tabletutor.programs.duckdb_sql.aggregates import aggregate
from tabletutor.programs.duckdb_sql.chain import ORDER, Chain
from tabletutor.programs.typecheck import moment

COMPARISONS = {"==": "=", "!=": "<>", ">": ">", ">=": ">=", "<": "<", "<=": "<="}


def filter_rows(step: g.Filter, chain: Chain) -> None:
    """Add the expression that keeps, or sorts, rows."""
    match step:
        case g.Top():
            name, kind = chain.columns[step.column]
            chain.check_ranks(name, kind == "number", step.direction, 1, step.n)
            order = f"row_number() OVER (ORDER BY {name} {ORDER[step.direction]}, place) AS place"
            chain.push(f"SELECT * EXCLUDE (place), {order} FROM {chain.source} WHERE {name} IS NOT NULL")
            chain.push(f"SELECT * FROM {chain.source} WHERE place <= {chain.bind(step.n)}")
        case g.Sort():
            raise NotImplementedError
        case _:
            chain.push(f"SELECT * FROM {chain.source} WHERE {_condition(step, chain)}")


def comparison(step: g.Where | g.Share | g.Streak, chain: Chain) -> str:
    """Return whether each value fulfils the comparison; missing for a missing value."""
    column, value = chain.columns[step.column], step.value
    if column.kind == "date":
        value = moment(str(value))
    return f"{column.name} {COMPARISONS[step.comparison]} {chain.bind(value)}"


def _condition(step: g.Condition, chain: Chain) -> str:
    if isinstance(step, g.Repeated):
        raise NotImplementedError
    name = chain.columns[step.column].name
    match step:
        case g.Where():
            return comparison(step, chain)
        case g.OneOf():
            return f"list_contains(CAST({chain.bind(list(step.values))} AS VARCHAR[]), {name})"
        case g.Contains():
            return f"contains({name}, CAST({chain.bind(step.text)} AS VARCHAR))"
        case g.Missing():
            return f"{name} IS {'NOT NULL' if step.negated else 'NULL'}"
        case g.BeyondStatistic():
            statistic = aggregate(step.statistic, name)
            chain.check_finite(statistic)
            return f"{name} {step.comparison} (SELECT {statistic} FROM {chain.source})"
        case g.Outliers():
            raise NotImplementedError
        case _:
            assert_never(step)
