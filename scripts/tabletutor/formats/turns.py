"""Which turns of which traces a student is taught from."""

from collections.abc import Iterator, Sequence

from tabletutor.config.formats import ConversationConfig
from tabletutor.formats.case import Case
from tabletutor.records.episode import Trace, Turn
from tabletutor.records.identity import rng


def taught(case: Case, config: ConversationConfig, seed: int) -> Iterator[tuple[Trace, Sequence[Turn], list[int]]]:
    """Right traces, how much of each, and the weight of every turn: 0 for a mistake that is mended later."""
    for trace in case.right:
        weights = [int(label == "correct") for label in case.labels(trace)]
        if trace.role == "gold":
            share = config.first_turn_share
            short = share > 0 and rng(seed, "first turn", trace.trace_id).random() < share
            yield trace, trace.turns[:1] if short else trace.turns, weights[:1] if short else weights
        elif config.include_recovered and any(weights):
            yield trace, trace.turns, weights
