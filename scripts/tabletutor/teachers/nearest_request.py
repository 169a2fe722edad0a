"""The recorded request that is nearest to one that is missing, and how the two differ."""

from collections.abc import Iterable

import msgspec

from tabletutor.teachers.chat import ChatRequest

_SHOWN = 40  # characters of a text around the first difference


def miss_message(wanted: ChatRequest, recorded: Iterable[ChatRequest]) -> str:
    """Return the text of an error: the key that is not recorded, the nearest recorded request, and the differences."""
    near = nearest(wanted, recorded)
    if near is None:
        return f"request {wanted.key[:16]} is not recorded, and nothing else is"
    return (
        f"request {wanted.key[:16]} is not recorded. The nearest recorded request is {near.key[:16]}, which differs in "
        f"{'; '.join(differences(wanted, near))}"
    )


def nearest(wanted: ChatRequest, recorded: Iterable[ChatRequest]) -> ChatRequest | None:
    """Return the recorded request with the most similar messages, and then the fewest other differences.

    None if nothing is recorded. Texts are similar if they share a long start and a long end.
    """
    text = _text(wanted)

    def order(request: ChatRequest) -> tuple[float, int, str]:
        return -_similarity(text, _text(request)), len(differences(wanted, request)), request.key

    return min(recorded, key=order, default=None)


def differences(wanted: ChatRequest, recorded: ChatRequest) -> list[str]:
    """Return what differs between two requests, one phrase for each field, and for the first message that differs."""
    found: list[str] = []
    for name in ("model", "revision", "n"):
        found += _value(name, getattr(wanted, name), getattr(recorded, name))
    for name in wanted.sampling.__struct_fields__:
        found += _value(f"sampling.{name}", getattr(wanted.sampling, name), getattr(recorded.sampling, name))
    if msgspec.json.encode(wanted.schema, order="sorted") != msgspec.json.encode(recorded.schema, order="sorted"):
        found.append("the JSON Schema of the answer")
    return found + _messages(wanted, recorded)


def _value(name: str, wanted: object, recorded: object) -> list[str]:
    return [] if wanted == recorded else [f"{name} (requested {wanted!r}, recorded {recorded!r})"]


def _messages(wanted: ChatRequest, recorded: ChatRequest) -> list[str]:
    for number, (ours, theirs) in enumerate(zip(wanted.messages, recorded.messages, strict=False), start=1):
        if ours["role"] != theirs["role"]:
            return [f"message {number} (requested role {ours['role']}, recorded {theirs['role']})"]
        if ours["content"] != theirs["content"]:
            place = _shared_start(ours["content"], theirs["content"])
            start = max(0, place - _SHOWN // 2)
            return [
                f"message {number} ({ours['role']}) from character {place + 1} on (requested "
                f"{ours['content'][start : start + _SHOWN]!r}, recorded {theirs['content'][start : start + _SHOWN]!r})"
            ]
    if len(wanted.messages) != len(recorded.messages):
        return [f"the number of messages (requested {len(wanted.messages)}, recorded {len(recorded.messages)})"]
    return []


def _text(request: ChatRequest) -> str:
    return "\0".join(f"{message['role']}\0{message['content']}" for message in request.messages)


def _similarity(first: str, second: str) -> float:
    """Return the share of both texts that is in their common start and end, from 0 to 1."""
    start = _shared_start(first, second)
    rest = min(len(first), len(second)) - start
    end = min(rest, _shared_start(first[: -rest - 1 : -1], second[: -rest - 1 : -1])) if rest else 0
    return 2 * (start + end) / max(1, len(first) + len(second))


def _shared_start(first: str, second: str) -> int:
    """Return the length of the longest common start, by bisection, because comparing slices is fast."""
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
