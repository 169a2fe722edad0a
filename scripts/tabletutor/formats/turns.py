"""Select the traces and turns of the `sft` formats, and give each message its weight in the loss."""

from collections.abc import Iterator, Sequence

from tabletutor.config.formats import ConversationConfig
from tabletutor.formats.converter import Case
from tabletutor.models.prompt import Message, WeighedMessage
from tabletutor.records.episode import Trace, Turn
from tabletutor.records.identity import rng


def training_turns(
    case: Case, config: ConversationConfig, seed: int
) -> Iterator[tuple[Trace, Sequence[Turn], list[int]]]:
    """Yield each right trace to train on, its turns to use, and their weights (0 for a mistake corrected later).

    The gold trace is cut after its first turn with probability `first_turn_share`. Traces with a corrected mistake are
    included if `include_recovered` is set.
    """
    for trace in case.right_traces:
        weights = [int(label == "correct") for label in case.labels(trace)]
        if trace.role == "gold":
            share = config.first_turn_share
            short = share > 0 and rng(seed, "first turn", trace.trace_id).random() < share
            yield trace, trace.turns[:1] if short else trace.turns, weights[:1] if short else weights
        elif config.include_recovered and any(weights):
            yield trace, trace.turns, weights


def with_weights(messages: Sequence[Message], weights: Sequence[int]) -> list[WeighedMessage]:
    """Return the messages with their weights: `weights` in order for the assistant's messages, 0 for all others.

    Every message gets the key, because loaders infer the keys of a file from its first rows.
    """
    remaining = iter(weights)
    return [
        {
            "role": message["role"],
            "content": message["content"],
            "weight": next(remaining) if message["role"] == "assistant" else 0,
        }
        for message in messages
    ]
