"""Sums and changes along an order as SQL window functions."""

from typing import assert_never

from tabletutor.programs import grammar as g
from tabletutor.programs.duckdb_sql.chain import Chain


def running(step: g.Running | g.Along, value: str, window: str, chain: Chain) -> str:
    """Return the expression for a step along the rows of `window`, all of which have a value.

    `value` is an expression of type HUGEINT or DOUBLE. A row without a result has NULL.
    """
    before = f"lag({value}) OVER ({window})"
    match step.operation:
        case "rolling_mean":
            n = chain.bind(step.n)
            mean = f"avg({value}) OVER ({window} ROWS BETWEEN {n} - 1 PRECEDING AND CURRENT ROW)"
            return f"CASE WHEN row_number() OVER ({window}) >= {n} THEN {mean} END"
        case "cumulative":
            return f"sum({value}) OVER ({window} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
        case "change":
            return f"{value} - {before}"
        case "percent_change":
            return f"100 * (CAST({value} AS DOUBLE) / nullif(CAST({before} AS DOUBLE), 0) - 1)"
        case _:
            assert_never(step.operation)
