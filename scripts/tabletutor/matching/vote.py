"""The vote of independent traces on a gold answer: when it verifies the answer, and when it needs no more traces."""

from collections.abc import Mapping

MIN_AGREEING = 2  # engines or independent traces that must agree


def is_verified(agreeing: int, attempts: int) -> bool:
    """Return whether the independent traces verify a gold answer.

    `agreeing` of them gave the gold answer. `attempts` is their number, with those that did not submit.
    """
    return agreeing >= MIN_AGREEING and 2 * agreeing > attempts


def traces_to_add(counts: Mapping[int, int], attempts: int, cap: int) -> int:
    """Return the smallest number of further traces that can settle a vote, or 0 if it is settled.

    `counts` has the number of traces in each cluster of equal answers. `attempts` is the number of traces so far, with
    those that did not submit. At most `cap` traces may run. A vote is settled if a cluster has a majority of `cap`
    traces, or if none can reach one. It then ends as it would with all `cap` traces.

    Raises ValueError if the traces of the clusters are more than `attempts`, or if those are more than `cap`.
    """
    if not sum(counts.values()) <= attempts <= cap:
        raise ValueError(
            f"a vote has {sum(counts.values())} answers, {attempts} traces and a cap of {cap}; count every trace that "
            "ran, and give the most traces that may run"
        )
    majority = max(cap // 2 + 1, MIN_AGREEING)
    leading = max(counts.values(), default=0)
    to_win = max(majority - leading, 0)
    to_lose = max(leading + (cap - attempts) - majority + 1, 0)
    return min(to_win, to_lose)


def is_settled(counts: Mapping[int, int], attempts: int, cap: int) -> bool:
    """Return whether further traces can't change how a vote ends. The arguments are those of `traces_to_add`."""
    return traces_to_add(counts, attempts, cap) == 0
