"""Hypothesis tests of the DuckDB engine: sums and moments in SQL, then a distribution function of SciPy.

Each query returns one row: the statistic and two numbers from which `_p_value` finds p. No row, or a NULL, means that
there is no answer. `name` and `value` are the two columns of the rows.
"""

import math
from functools import partial
from typing import Any, Literal, assert_never

from scipy.special import chdtrc, fdtrc, ndtr, stdtr

from tabletutor.programs import grammar as g
from tabletutor.programs.duckdb_sql import shapiro_wilk
from tabletutor.programs.duckdb_sql.chain import Chain
from tabletutor.programs.duckdb_sql.query import Query

SMALLEST_P = 1e-12
TIE = 1e-9


def query(step: g.HypothesisTest, chain: Chain) -> Query:
    """Return the query for a test, and the function that finds the part of the test from its row."""
    if step.tails != 2 or step.yates:
        raise ValueError(f"{step}: only Polars computes one-sided and corrected tests")
    return Query(_select(step, chain), "row", partial(_part, step))


def _select(step: g.HypothesisTest, chain: Chain) -> str:
    value, source = chain.columns[step.column].name, chain.source
    if step.by is None:
        return shapiro_wilk.query(f"SELECT {value} AS value FROM {source} WHERE {value} IS NOT NULL")
    name = chain.columns[step.by].name
    rows = f"SELECT {name} AS name, {value} AS value FROM {source} WHERE {name} IS NOT NULL AND {value} IS NOT NULL"
    match step.kind:
        case "welch_t" | "student_t":
            return _t_query(step.kind, rows, *map(chain.bind, step.values))
        case "mann_whitney":
            return _mann_whitney_query(rows, *map(chain.bind, step.values))
        case "anova":
            return _anova_query(rows)
        case "chi_square":
            return _chi_square_query(rows)
        case "shapiro":
            raise AssertionError(step)  # the check of the program refuses it
        case _:
            assert_never(step.kind)


def _part(step: g.HypothesisTest, row: tuple[Any, ...]) -> float | bool | None:
    """Return the part of the test that the step asks for, from the row of the query, or None for no answer."""
    if not all(number is not None and math.isfinite(number) for number in row):
        return None
    statistic, first, second = row
    if step.part == "statistic":
        return float(statistic)
    p = _p_value(step.kind, statistic, first, second)
    if step.part == "p":
        return p if p >= SMALLEST_P else None
    if abs(p - step.level) <= TIE * step.level:
        raise g.NoAnswer("tie", f"{p} is the level")
    return p < step.level


def _p_value(kind: str, statistic: float, first: float, second: float) -> float:
    """Return the two-sided p-value from the row of a query."""
    match kind:
        case "welch_t" | "student_t":
            return 2 * float(stdtr(first, -abs(statistic)))
        case "anova":
            return float(fdtrc(first, second, statistic))
        case "chi_square":
            return float(chdtrc(first, statistic))
        case "mann_whitney":
            return min(1.0, 2 * float(ndtr(-first)))
        case _:
            return shapiro_wilk.p_value(statistic, first, int(second))


def _t_query(kind: Literal["welch_t", "student_t"], rows: str, first: str, second: str) -> str:
    moments = ", ".join(
        f"count(*) FILTER ({group}) AS n{i}, avg(value) FILTER ({group}) AS mean{i}, "
        f"var_samp(value) FILTER ({group}) AS var{i}, "
        f"max(value) FILTER ({group}) > min(value) FILTER ({group}) AS varies{i}"
        for i, group in enumerate((f"WHERE name = {first}", f"WHERE name = {second}"), 1)
    )
    if kind == "student_t":
        freedom = "n1 + n2 - 2"
        error = "((n1 - 1) * var1 + (n2 - 1) * var2) / (n1 + n2 - 2) * (1.0::DOUBLE / n1 + 1.0::DOUBLE / n2)"
    else:
        error = "var1 / n1 + var2 / n2"
        freedom = f"pow({error}, 2) / (pow(var1 / n1, 2) / (n1 - 1) + pow(var2 / n2, 2) / (n2 - 1))"
    values = f"SELECT name, CAST(value AS DOUBLE) AS value FROM ({rows})"
    return (
        f"SELECT (mean1 - mean2) / sqrt({error}), CAST({freedom} AS DOUBLE), 0 FROM (SELECT {moments} FROM ({values})) "
        "WHERE n1 > 1 AND n2 > 1 AND (varies1 OR varies2)"
    )


def _mann_whitney_query(rows: str, first: str, second: str) -> str:
    ranks = (
        f"SELECT name = {first} AS first, rank() OVER (ORDER BY value) + (count(*) OVER ties - 1) / 2.0::DOUBLE AS "
        f"rank, CAST(count(*) OVER ties AS DOUBLE) AS tied FROM ({rows}) WHERE name = {first} OR name = {second} "
        "WINDOW ties AS (PARTITION BY value)"
    )
    sums = (
        "SELECT CAST(count(*) FILTER (first) AS DOUBLE) AS n1, CAST(count(*) FILTER (NOT first) AS DOUBLE) AS n2, "
        f"sum(rank) FILTER (first) AS ranks, sum(tied * tied - 1) AS ties FROM ({ranks})"
    )
    spread = (
        "SELECT ranks - n1 * (n1 + 1) / 2 AS u, n1 * n2 AS pairs, "
        f"n1 * n2 / 12 * (n1 + n2 + 1 - ties / ((n1 + n2) * (n1 + n2 - 1))) AS variance FROM ({sums}) "
        "WHERE n1 > 1 AND n2 > 1 AND ties < (pow(n1 + n2, 2) - 1) * (n1 + n2)"
    )
    return f"SELECT u, (greatest(u, pairs - u) - pairs / 2 - 0.5) / sqrt(variance), 0 FROM ({spread})"


def _anova_query(rows: str) -> str:
    groups = (
        "SELECT CAST(count(*) AS DOUBLE) AS n, avg(value) AS mean, var_samp(value) AS var, max(value) > min(value) AS "
        f"varies FROM (SELECT name, CAST(value AS DOUBLE) AS value FROM ({rows})) GROUP BY name"
    )
    centred = f"SELECT *, mean - sum(n * mean) OVER () / sum(n) OVER () AS deviation FROM ({groups})"
    return (
        "SELECT sum(n * deviation * deviation) / (count(*) - 1) / (sum((n - 1) * var) / (sum(n) - count(*))), "
        f"count(*) - 1, sum(n) - count(*) FROM ({centred}) HAVING count(*) > 1 AND min(n) > 1 AND bool_or(varies)"
    )


def _chi_square_query(rows: str) -> str:
    """Return the query. A pair of values without rows adds its expected count: all rows minus the other pairs'."""
    counts = (
        "SELECT name, value, CAST(count(*) AS DOUBLE) AS n, sum(count(*)) OVER (PARTITION BY name) * "
        f"CAST(sum(count(*)) OVER (PARTITION BY value) AS DOUBLE) / sum(count(*)) OVER () AS expected "
        f"FROM ({rows}) GROUP BY name, value"
    )
    return (
        "SELECT sum(pow(n - expected, 2) / expected) + sum(n) - sum(expected), "
        "(count(DISTINCT name) - 1) * (count(DISTINCT value) - 1), 0 "
        f"FROM ({counts}) HAVING count(DISTINCT name) > 1 AND count(DISTINCT value) > 1"
    )
