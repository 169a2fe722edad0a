"""The number of independent traces, chosen from those on file."""

from collections import Counter
from itertools import combinations, permutations
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.matching.vote import is_settled, is_verified
from tabletutor.records.episode import Ended, Episode, Role, Trace, Verdict, Vote
from tabletutor.verdicts.triangulation import (
    StoredVote,
    chance_of_verified,
    mean_traces,
    stored_vote,
    verified_rate_by_n,
)

CLUSTERS = st.lists(st.one_of(st.none(), st.integers(0, 2)), min_size=1, max_size=8).map(tuple)


@given(CLUSTERS, st.integers(1, 8))
def test_the_rate_is_the_average_over_all_choices_of_traces(clusters: tuple[int | None, ...], n: int) -> None:
    n = min(n, len(clusters))
    choices = [choice.count(0) for choice in combinations(clusters, n)]
    expected = fmean(is_verified(agreeing, n) for agreeing in choices)
    assert chance_of_verified(StoredVote("q", clusters, 0), n) == pytest.approx(expected)


@given(st.lists(CLUSTERS, min_size=1, max_size=5))
def test_rates_lie_in_their_intervals_and_do_not_depend_on_order(votes: list[tuple[int | None, ...]]) -> None:
    stored = [StoredVote(f"q{place}", clusters, 0) for place, clusters in enumerate(votes)]
    rates = verified_rate_by_n(stored)
    assert [rate.n for rate in rates] == list(range(1, min(map(len, votes)) + 1))
    assert all(rate.low - 1e-12 <= rate.rate <= rate.high + 1e-12 for rate in rates)
    turned = [vote._replace(clusters=vote.clusters[::-1]) for vote in stored[::-1]]
    for rate, other in zip(rates, verified_rate_by_n(turned), strict=True):
        assert tuple(other) == pytest.approx(tuple(rate))


def test_a_question_without_a_gold_answer_is_never_verified() -> None:
    rates = verified_rate_by_n([StoredVote("q", (0, 0, 0), None), StoredVote("r", (0, 0, 0), 0)])
    assert [rate.rate for rate in rates] == [0, 0.5, 0.5]


def test_questions_with_fewer_traces_are_left_out_beyond_their_number() -> None:
    rates = verified_rate_by_n([StoredVote("q", (0, 0), 0), StoredVote("r", (0, 1, 1), 0)], up_to=9)
    assert [(rate.n, rate.rate, rate.questions) for rate in rates] == [(1, 0, 2), (2, 0.5, 2), (3, 0, 1)]


def test_a_vote_of_equal_answers_needs_a_bare_majority_of_the_cap() -> None:
    assert mean_traces([StoredVote("q", (0,) * 9, 0)], 9) == 5
    assert mean_traces([StoredVote("q", (None,) * 9, 0)], 9) == 5
    assert mean_traces([StoredVote("q", (0, 1, 2, 3, 4), 0)], 5) == 4


@given(st.lists(st.one_of(st.none(), st.integers(0, 2)), min_size=1, max_size=6).map(tuple), st.integers(1, 6))
def test_the_mean_number_of_traces_is_over_all_orders(clusters: tuple[int | None, ...], cap: int) -> None:
    cap = min(cap, len(clusters))
    needed: list[int] = []
    for order in permutations(clusters, cap):
        stops = (
            number
            for number in range(cap + 1)
            if is_settled(Counter(each for each in order[:number] if each is not None), number, cap)
        )
        needed.append(next(stops, cap))
    assert mean_traces([StoredVote("q", clusters, 0)], cap) == pytest.approx(fmean(needed))


def test_too_few_traces_or_no_votes_are_an_error() -> None:
    for wrong in (verified_rate_by_n, lambda votes: mean_traces(votes, 3)):
        with pytest.raises(ValueError, match="no votes"):
            wrong([])
    with pytest.raises(ValueError, match="question q has 2 independent traces"):
        mean_traces([StoredVote("q", (0, 0), 0)], 3)
    with pytest.raises(ValueError, match="question q has 2 independent traces"):
        chance_of_verified(StoredVote("q", (0, 0), 0), 3)


def test_the_vote_of_an_episode_is_read_from_its_verdict() -> None:
    def trace(name: str, role: Role, ended: Ended = "submit") -> Trace:
        return Trace(name, role, "llm", (), ended, 1)

    traces = (trace("g", "gold"), trace("a", "independent"), trace("b", "independent", "time"), trace("p", "perturbed"))
    votes = (Vote("a", 0), Vote("engine:duckdb", 1), Vote("g", 1))
    verdict = Verdict("q", "t", False, 1, votes, {}, "ambiguous", {})
    assert stored_vote(Episode("e", "q", "t", traces), verdict) == StoredVote("q", (0, None), 1)
