"""Ids and random generators derived from content only, never from a counter, a clock or the order of work."""

import hashlib
import random
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(order="sorted")


def digest(*parts: Any) -> str:
    """Return the SHA-256 (hexadecimal) of the canonical JSON of `parts`. Values equal as JSON have equal digests."""
    return hashlib.sha256(_ENCODER.encode(parts)).hexdigest()


def content_id(*parts: Any) -> str:
    """Return an id derived from `parts`: the first 16 hexadecimal digits (64 bits) of their digest."""
    return digest(*parts)[:16]


def rng(seed: int, *item: Any) -> random.Random:
    """Return a random generator for one item. It depends only on the seed and the item, not on what ran before."""
    return random.Random(int(digest(seed, *item), 16))
