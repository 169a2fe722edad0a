"""The vote of independent traces."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.matching.vote import is_settled, is_verified, traces_to_add

ANSWERS = st.lists(st.one_of(st.none(), st.integers(0, 3)), max_size=11)


def count(answers: list[int | None]) -> Counter[int]:
    return Counter(answer for answer in answers if answer is not None)


def winner(answers: list[int | None]) -> int | None:
    """Return the answer that the traces verify."""
    return next((answer for answer, n in count(answers).items() if is_verified(n, len(answers))), None)


@given(ANSWERS, ANSWERS)
def test_a_settled_vote_ends_alike_whatever_the_other_traces_answer(
    seen: list[int | None], rest: list[int | None]
) -> None:
    cap = len(seen) + len(rest)
    if is_settled(count(seen), len(seen), cap):
        assert winner([*seen, *rest]) == winner(seen)
    else:
        leader = count(seen).most_common(1)[0][0] if count(seen) else 0
        ends = {winner([*seen, *([answer] * len(rest))]) for answer in (leader, None)}
        assert len(ends) == 2  # both are still possible


@given(ANSWERS, st.integers(0, 11))
def test_the_smallest_number_of_further_traces_can_settle_a_vote(seen: list[int | None], more: int) -> None:
    cap, counts = len(seen) + more, count(seen)
    needed = traces_to_add(counts, len(seen), cap)
    assert needed <= more
    leader = counts.most_common(1)[0][0] if counts else 0
    for added in range(needed + 1):
        settled = any(
            is_settled(count([*seen, *([answer] * added)]), len(seen) + added, cap) for answer in (leader, None)
        )
        assert settled == (added == needed)


@pytest.mark.parametrize(
    ("counts", "attempts", "cap", "added"),
    [
        ({}, 0, 5, 3),
        ({0: 3}, 3, 5, 0),
        ({0: 2, 1: 1}, 3, 5, 1),
        ({0: 1, 1: 1, 2: 1}, 3, 5, 1),
        ({0: 1, 1: 1, 2: 1}, 4, 5, 0),
        ({0: 1}, 1, 2, 1),
        ({}, 0, 1, 0),  # two must agree
    ],
)
def test_traces_to_add_to_a_vote(counts: dict[int, int], attempts: int, cap: int, added: int) -> None:
    assert traces_to_add(counts, attempts, cap) == added


@pytest.mark.parametrize(("counts", "attempts", "cap"), [({0: 2}, 1, 3), ({0: 1}, 4, 3)])
def test_counts_that_do_not_fit_are_an_error(counts: dict[int, int], attempts: int, cap: int) -> None:
    with pytest.raises(ValueError, match="count every trace that ran"):
        is_settled(counts, attempts, cap)
