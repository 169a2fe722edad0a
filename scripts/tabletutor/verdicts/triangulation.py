"""Choose the number of independent traces from those on file: the verified rate and the cost for each number."""

from collections import Counter
from collections.abc import Sequence
from math import comb
from statistics import fmean
from typing import NamedTuple, cast

from statsmodels.stats.proportion import proportion_confint

from tabletutor.matching.vote import is_settled, is_verified
from tabletutor.records.episode import Episode, Verdict
from tabletutor.records.identity import rng

ORDERS = 200  # in which the traces of one question are replayed


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


def mean_traces(votes: Sequence[StoredVote], cap: int, *, seed: int = 0, orders: int = ORDERS) -> float:
    """Return how many traces a question needs on average until its vote is settled, with at most `cap` of them.

    The traces on file are replayed in random orders. Raises ValueError if there are no votes, or if a question has
    fewer than `cap` traces.
    """
    if not votes:
        raise ValueError("there are no votes; judge episodes with independent traces first")
    return fmean(_traces_until_settled(vote, cap, seed, order) for vote in votes for order in range(orders))


def _traces_until_settled(vote: StoredVote, cap: int, seed: int, order: int) -> int:
    if len(vote.clusters) < cap:
        raise ValueError(
            f"question {vote.question_id} has {len(vote.clusters)} independent traces; a cap of {cap} can't be replayed"
        )
    chosen = rng(seed, "order", vote.question_id, order).sample(vote.clusters, cap)
    counts: Counter[int] = Counter()
    for attempts, cluster in enumerate(chosen):
        if is_settled(counts, attempts, cap):
            return attempts
        if cluster is not None:
            counts[cluster] += 1
    return cap
