"""The Shapiro-Wilk test of the DuckDB engine: W in SQL by Royston's algorithm AS R94 (Applied Statistics 44, 1995).

The weights come from the normal percentage points of algorithm AS 111, as in AS R94. W is the squared correlation of
the weights with the ordered values.
"""

import math

from scipy.special import ndtr


def query(values: str) -> str:
    """Return the query for W, 1 - W and the number of values; no row if the test does not apply to the `values`."""
    ordered = (
        "SELECT CAST(value AS DOUBLE) AS value, row_number() OVER (ORDER BY value) AS i, count(*) OVER () AS n, "
        f"max(value) OVER () > min(value) OVER () AS varies FROM ({values})"
    )
    usable = f"SELECT * FROM ({ordered}) WHERE varies AND n BETWEEN 3 AND 5000"
    points = f"SELECT *, (i - 0.375::DOUBLE) / (n + 0.25::DOUBLE) AS p FROM ({usable})"
    halves = f"SELECT *, p - 0.5 AS q, sqrt(-ln(least(p, 1 - p))) AS r FROM ({points})"
    scores = f"SELECT *, CASE WHEN abs(q) <= 0.42 THEN {_CENTRE} ELSE sign(q) * {_TAIL} END AS score FROM ({halves})"
    ends = (
        f"SELECT *, sum(score * score) OVER () AS squares, 1 / sqrt(CAST(n AS DOUBLE)) AS u, max(score) OVER () AS "
        f"top, max(score) FILTER (i < n) OVER () AS next FROM ({scores})"
    )
    corrected = (
        f"SELECT *, {_polynomial(_LAST, 'u')} + top / sqrt(squares) AS last, "
        f"{_polynomial(_SECOND, 'u')} + next / sqrt(squares) AS second FROM ({ends})"
    )
    inner = (
        "CASE WHEN n <= 5 THEN (1 - 2 * last * last) / (squares - 2 * top * top) "
        "ELSE (1 - 2 * last * last - 2 * second * second) / (squares - 2 * top * top - 2 * next * next) END"
    )
    weights = (
        "SELECT value, n, CASE WHEN n = 3 THEN CAST(i - 2 AS DOUBLE) WHEN i IN (1, n) THEN sign(q) * last "
        f"WHEN n > 5 AND i IN (2, n - 1) THEN sign(q) * second ELSE score * sqrt({inner}) END AS weight "
        f"FROM ({corrected})"
    )
    w = "pow(corr(value, weight), 2)"
    return f"SELECT {w}, 1 - {w}, any_value(n) FROM ({weights}) HAVING count(*) > 0"


def p_value(w: float, remainder: float, n: int) -> float:
    """Return p for W, for 1 - W and the number of values."""
    if n == 3:
        return max(0.0, 6 / math.pi * (math.asin(math.sqrt(min(w, 1.0))) - math.asin(math.sqrt(0.75))))
    if remainder <= 0:
        return 1.0
    log = math.log(n)
    if n > 11:
        z = math.log(remainder) - (((0.0038915 * log - 0.083751) * log - 0.31082) * log - 1.5861)
        return float(ndtr(-z / math.exp((0.0030302 * log - 0.082676) * log - 0.4803)))
    room = 0.459 * n - 2.273 - math.log(remainder)
    if room <= 0:
        return 0.0
    z = -math.log(room) - (((-0.0006714 * n + 0.025054) * n - 0.39978) * n + 0.544)
    return float(ndtr(-z / math.exp(((-0.0020322 * n + 0.062767) * n - 0.77857) * n + 1.3822)))


def _polynomial(coefficients: tuple[str, ...], variable: str) -> str:
    """Return SQL for a polynomial by Horner's rule; the highest power comes first."""
    nested = f"{coefficients[0]}::DOUBLE"
    for coefficient in coefficients[1:]:
        nested = f"({nested} * {variable} + {coefficient}::DOUBLE)"
    return nested


_LAST = ("-2.706056", "4.434685", "-2.071190", "-0.147981", "0.221157", "0")
_SECOND = ("-3.582633", "5.682633", "-1.752461", "-0.293762", "0.042981", "0")
_CENTRE = (
    f"q * {_polynomial(('-25.44106049637', '41.39119773534', '-18.61500062529', '2.50662823884'), '(q * q)')} / "
    f"{_polynomial(('3.13082909833', '-21.06224101826', '23.08336743743', '-8.47351093090', '1'), '(q * q)')}"
)
_TAIL = (
    f"{_polynomial(('2.32121276858', '4.85014127135', '-2.29796479134', '-2.78718931138'), 'r')} / "
    f"{_polynomial(('1.63706781897', '3.54388924762', '1'), 'r')}"
)
