"""Conversations without cells: a model answers, and is perhaps asked again."""

from collections.abc import Callable, Iterator, Mapping

from tabletutor.models.prompt import Message
from tabletutor.students.rollout import WAITING_SHARE, Opening, TurnGenerator


def converse(
    generator: TurnGenerator,
    openings: Mapping[int, Opening],
    answer: Callable[[int, tuple[str, ...]], Message | None],
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield the key and the turns of each conversation when it ends.

    `answer` is called with a conversation's key and its turns so far. It returns the reply, or None to end the
    conversation. A conversation whose context is full ends too, perhaps without a turn.
    """
    generator.begin(openings)
    turns: dict[int, tuple[str, ...]] = dict.fromkeys(openings, ())
    live, ready = set(openings), sorted(openings)
    while live:
        for key in [key for key in ready if generator.room(key) <= 1]:
            ready.remove(key)
            live.remove(key)
            generator.end(key)
            yield key, turns[key]
        if not live:
            return
        generator.feed(ready)
        ready = []
        for turn in generator.finished(max(1, len(live) // WAITING_SHARE)):
            turns[turn.key] += (turn.text,)
            reply = answer(turn.key, turns[turn.key])
            if reply is None:
                live.remove(turn.key)
                generator.end(turn.key)
                yield turn.key, turns[turn.key]
            else:
                generator.observe(turn.key, reply)
                ready.append(turn.key)
