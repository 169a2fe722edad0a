"""The Shapiro-Wilk test of the Polars engine: Royston's algorithm AS R94 (Applied Statistics 44, 1995), with NumPy.

The weights come from the normal percentage points of algorithm AS 111 (eight digits), which AS R94 uses. Exact points
would change p in the ninth digit, or for thousands of values in the seventh, so engines could not agree.
"""

import math

import numpy as np
from numpy.polynomial.polynomial import polyval
from numpy.typing import NDArray

from tabletutor.programs.grammar import NoAnswer

Floats = NDArray[np.float64]

# AS R94: the last and the second last weight, as corrections in 1 / sqrt(n).
LAST_WEIGHT = (0.0, 0.221157, -0.147981, -2.07119, 4.434685, -2.706056)
SECOND_WEIGHT = (0.0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633)
# AS R94: mean and log standard deviation of the transformed W, in n up to 11 and in log n from 12 on.
SMALL_BOUND = (-2.273, 0.459)
SMALL_MEAN, SMALL_DEVIATION = (0.544, -0.39978, 0.025054, -0.0006714), (1.3822, -0.77857, 0.062767, -0.0020322)
LARGE_MEAN, LARGE_DEVIATION = (-1.5861, -0.31082, -0.083751, 0.0038915), (-0.4803, -0.082676, 0.0030302)
# AS 111: rational functions for the centre and the tails.
CENTRE = (2.50662823884, -18.61500062529, 41.39119773534, -25.44106049637)
CENTRE_DIVISOR = (1.0, -8.47351093090, 23.08336743743, -21.06224101826, 3.13082909833)
TAIL = (-2.78718931138, -2.29796479134, 4.85014127135, 2.32121276858)
TAIL_DIVISOR = (1.0, 3.54388924762, 1.63706781897)


def shapiro_wilk(values: Floats) -> tuple[float, float]:
    """Return W and p. Raises `NoAnswer` for fewer than 3 or more than 5000 values and for values that do not vary."""
    n = len(values)
    if not 3 <= n <= 5000:
        raise NoAnswer("no_answer", f"the Shapiro-Wilk test takes 3 to 5000 values, there are {n}")
    ordered = np.sort(values)
    if not ordered[0] < ordered[-1]:
        raise NoAnswer("no_answer", "the values do not vary")
    scaled = (ordered - ordered[n // 2]) / (ordered[-1] - ordered[0])
    deviations, weights = scaled - scaled.mean(), _weights(n)
    length = math.sqrt(float(weights @ weights) * float(deviations @ deviations))
    product = float(weights @ deviations)
    missing = (length - product) * (length + product) / length**2  # 1 - W, without cancellation
    return 1 - missing, _p(missing, n)


def _weights(n: int) -> Floats:
    if n == 3:
        return np.array([-math.sqrt(0.5), 0, math.sqrt(0.5)])
    scores = _percentage_points((np.arange(1, n + 1, dtype=np.float64) - 0.375) / (n + 0.25))
    squares, edge = float(scores @ scores), 1 if n <= 5 else 2
    ends = [
        polyval(1 / math.sqrt(n), correction) + scores[-place] / math.sqrt(squares)
        for place, correction in ((1, LAST_WEIGHT), (2, SECOND_WEIGHT))[:edge]
    ]
    outer = sum(scores[-place] ** 2 for place in range(1, edge + 1))
    weights = scores * math.sqrt((1 - 2 * sum(end**2 for end in ends)) / (squares - 2 * outer))
    for place, end in enumerate(ends, 1):
        weights[-place], weights[place - 1] = end, -end
    return weights


def _percentage_points(probabilities: Floats) -> Floats:
    centred = probabilities - 0.5
    square = centred**2
    tail = np.sqrt(-np.log(np.minimum(probabilities, 1 - probabilities)))
    inner = centred * polyval(square, CENTRE) / polyval(square, CENTRE_DIVISOR)
    outer = np.sign(centred) * polyval(tail, TAIL) / polyval(tail, TAIL_DIVISOR)
    return np.where(np.abs(centred) <= 0.42, inner, outer)


def _p(missing: float, n: int) -> float:
    if n == 3:
        return max(0.0, 1 - 6 / math.pi * math.asin(math.sqrt(min(max(missing, 0.0), 0.25))))
    if missing <= 0:
        return 1.0
    y = math.log(missing)
    if n <= 11:
        bound = float(polyval(n, SMALL_BOUND))
        if y >= bound:
            return 0.0
        y, mean, deviation = -math.log(bound - y), polyval(n, SMALL_MEAN), polyval(n, SMALL_DEVIATION)
    else:
        mean, deviation = polyval(math.log(n), LARGE_MEAN), polyval(math.log(n), LARGE_DEVIATION)
    return math.erfc((y - float(mean)) / (math.sqrt(2) * math.exp(float(deviation)))) / 2
