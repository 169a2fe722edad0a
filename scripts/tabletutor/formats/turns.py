"""Which traces and turns become training rows, and which of their messages the loss counts."""

from collections.abc import Iterator, Sequence

from tabletutor.config.formats import ConversationConfig
from tabletutor.formats.case import Case
from tabletutor.models.prompt import Message, WeighedMessage
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


def weighed(messages: Sequence[Message], weights: Sequence[int]) -> list[WeighedMessage]:
    """Each message with its weight. `weights` are those of the turns, so of the assistant's messages; others have 0.

    Every message has the key, since loaders take the keys of a file from its first rows.
    """
    left = iter(weights)
    return [
        {
            "role": message["role"],
            "content": message["content"],
            "weight": next(left) if message["role"] == "assistant" else 0,
        }
        for message in messages
    ]
