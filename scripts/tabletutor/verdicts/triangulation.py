"""Choose the number of independent traces from those on file: the verified rate and the cost for each number."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import comb
from typing import NamedTuple, cast

from statsmodels.stats.proportion import proportion_confint

from tabletutor.matching.vote import is_settled, is_verified
from tabletutor.records.episode import Episode, Verdict


class StoredVote(NamedTuple):
    """The independent traces of one question.

    `clusters` has the cluster of each trace's answer, or None for a trace that did not submit. `gold` is the cluster of
    the gold answer, or None if there is none.
    """

    question_id: str
    clusters: tuple[int | None, ...]
    gold: int | None


class RateAtN(NamedTuple):
    """The share of questions that `n` independent traces verify, with its interval, over `questions` questions."""

    n: int
    rate: float
    low: float
    high: float
    questions: int


def stored_vote(episode: Episode, verdict: Verdict) -> StoredVote:
    """Return the vote of an episode, by the clusters of its verdict."""
    clusters = {vote.voter: vote.cluster for vote in verdict.votes}
    gold = next((trace.trace_id for trace in episode.traces if trace.role == "gold"), "")
    independent = (trace.trace_id for trace in episode.traces if trace.role == "independent")
    return StoredVote(episode.question_id, tuple(clusters.get(name) for name in independent), clusters.get(gold))


def chance_of_verified(vote: StoredVote, n: int) -> float:
    """Return the share of all choices of `n` of a question's traces that verify it.

    The answers keep the clusters that all traces gave them. Raises ValueError if the question has fewer traces.
    """
    attempts = len(vote.clusters)
    if not 0 < n <= attempts:
        raise ValueError(f"question {vote.question_id} has {attempts} independent traces; {n} can't be chosen from it")
    if vote.gold is None:
        return 0.0
    agreeing = vote.clusters.count(vote.gold)
    ways = sum(
        comb(agreeing, right) * comb(attempts - agreeing, n - right)
        for right in range(min(agreeing, n) + 1)
        if is_verified(right, n)
    )
    return ways / comb(attempts, n)


def verified_rate_by_n(
    votes: Sequence[StoredVote], *, up_to: int | None = None, confidence: float = 0.95
) -> list[RateAtN]:
    """Return the verified rate for each number of traces from 1 to `up_to`, averaged over all choices of traces.

    By default, `up_to` is the smallest number of traces of a question, so that every rate is over all questions. A
    question with fewer than n traces is left out of the rate at n. If easy questions got fewer traces, rates beyond the
    smallest number are therefore those of hard ones.

    The interval is Wilson's, for questions drawn at random. It is at least as wide as it must be, because the average
    over choices of traces varies less than one choice.

    Raises ValueError if there are no votes.
    """
    if not votes:
        raise ValueError("there are no votes; judge episodes with independent traces first")
    last = min(len(vote.clusters) for vote in votes) if up_to is None else up_to
    rates: list[RateAtN] = []
    for n in range(1, last + 1):
        chances = [chance_of_verified(vote, n) for vote in votes if len(vote.clusters) >= n]
        if not chances:
            break
        total = sum(chances)
        bounds = proportion_confint(total, len(chances), alpha=1 - confidence, method="wilson")
        low, high = cast("tuple[float, float]", bounds)
        rates.append(RateAtN(n, total / len(chances), max(0.0, float(low)), min(1.0, float(high)), len(chances)))
    return rates


def mean_traces(votes: Sequence[StoredVote], cap: int) -> float:
    """Return how many traces a question needs on average until its vote is settled, with at most `cap` of them.

    It is the exact average over all orders of the traces on file. Raises ValueError if there are no votes, or if a
    question has fewer than `cap` traces.
    """
    if not votes:
        raise ValueError("there are no votes; judge episodes with independent traces first")
    return float(sum(_mean_of_orders(vote, cap) for vote in votes) / len(votes))


def _mean_of_orders(vote: StoredVote, cap: int) -> Fraction:
    if len(vote.clusters) < cap:
        raise ValueError(
            f"question {vote.question_id} has {len(vote.clusters)} independent traces; a cap of {cap} can't be replayed"
        )
    counts = Counter(cluster for cluster in vote.clusters if cluster is not None)
    silent = len(vote.clusters) - counts.total()
    return _mean_until_settled(tuple(sorted((number, 0) for number in counts.values())), (silent, 0), cap)


@lru_cache(maxsize=1 << 16)
def _mean_until_settled(clusters: tuple[tuple[int, int], ...], silent: tuple[int, int], cap: int) -> Fraction:
    """Return the mean number of traces until a vote is settled, over all orders of the traces left.

    Of each cluster, and of the traces that did not submit, the numbers left and seen are given.
    """
    seen = {place: number for place, (_, number) in enumerate(clusters)}
    attempts = sum(seen.values()) + silent[1]
    if is_settled(seen, attempts, cap):
        return Fraction(attempts)
    mean = silent[0] * _mean_until_settled(clusters, (silent[0] - 1, silent[1] + 1), cap) if silent[0] else Fraction(0)
    for place, (left, number) in enumerate(clusters):
        if left:
            after = (*clusters[:place], (left - 1, number + 1), *clusters[place + 1 :])
            mean += left * _mean_until_settled(tuple(sorted(after)), silent, cap)
    return mean / (silent[0] + sum(left for left, _ in clusters))
