"""Ids and random numbers that follow from content alone: never from a counter, a clock or an order."""

import hashlib
import random
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(order="sorted")


def digest(*parts: Any) -> str:
    """SHA-256 (hexadecimal) over the canonical JSON of `parts`: what is equal as JSON has one digest."""
    return hashlib.sha256(_ENCODER.encode(parts)).hexdigest()


def content_id(*parts: Any) -> str:
    """The id of a thing made from `parts`: the first 16 hexadecimal digits (64 bits) of their digest."""
    return digest(*parts)[:16]


def rng(seed: int, *item: Any) -> random.Random:
    """A random source of its own for one item: the same for the same seed and item, whatever ran before."""
    return random.Random(int(digest(seed, *item), 16))
