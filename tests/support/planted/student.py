"""A scripted student of a known error rate, and the exact chances of its votes."""

from collections.abc import Sequence
from random import Random
from typing import Any

from scipy.stats import betabinom, binom

from tabletutor.matching.vote import is_verified


def student_answers(
    right: Any, wrong: Sequence[Any], *, n: int, p: float, source: Random, error: Any = None, shared: float = 0.0
) -> list[Any]:
    """Return `n` independent answers, each right with probability `p`.

    A wrong answer is the gold's `error` with probability `shared`, else one of `wrong`, which are equally likely.
    """
    answers: list[Any] = []
    for _ in range(n):
        if source.random() < p:
            answers.append(right)
        elif source.random() < shared:
            answers.append(error)
        else:
            answers.append(source.choice(wrong))
    return answers


def agreeing_traces(n: int) -> int:
    """Return how many of `n` traces must give the gold answer; n + 1 if no number is enough."""
    return next((agreeing for agreeing in range(n + 1) if is_verified(agreeing, n)), n + 1)


def chance_of_verified(n: int, agree: float) -> float:
    """Return the chance that `n` traces verify a gold answer that each gives with probability `agree`."""
    return float(binom.sf(agreeing_traces(n) - 1, n, agree))


def chance_if_uneven(n: int, p: float, weight: float) -> float:
    """Return the chance that `n` traces verify a right answer, if the student is better at some questions.

    Its rate on a question is from a beta distribution with mean `p` and parameters that sum to `weight`.
    """
    return float(betabinom.sf(agreeing_traces(n) - 1, n, weight * p, weight * (1 - p)))
