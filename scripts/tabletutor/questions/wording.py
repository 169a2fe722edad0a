"""Wordings: small templates that express a program in English.

"[What is|Give] the {agg} {column}?" has a choice in brackets and slots in braces. One pass over the template resolves
both and never reads the text of a slot again, so headers and cells may hold brackets and braces.
"""

import random
import re
from collections.abc import Mapping
from functools import cache

from tabletutor.models.prompt import header_label
from tabletutor.programs.grammar import Aggregation, Comparison

_PIECE = re.compile(r"\[(?P<alternatives>[^\[\]]*)\]|\{(?P<slot>[a-z_]+)\}")

AGGREGATION_WORDS: Mapping[Aggregation, tuple[str, ...]] = {
    "mean": ("average", "mean"),
    "sum": ("total",),
    "median": ("median",),
}
COMPARISON_WORDS: Mapping[Comparison, tuple[str, ...]] = {
    ">": ("above", "greater than", "more than", "over"),
    ">=": ("at least", "no less than"),
    "<": ("below", "less than", "under"),
    "<=": ("at most", "no more than"),
}
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
RANK_WORDS = {2: "second", 3: "third"}


def fill(template: str, slots: Mapping[str, str], source: random.Random) -> str:
    """Return the template with each choice drawn and each slot filled. Raises KeyError for a slot without text."""

    def resolve(piece: re.Match[str]) -> str:
        slot = piece.group("slot")
        return slots[slot] if slot is not None else source.choice(piece.group("alternatives").split("|"))

    text = _PIECE.sub(resolve, template)
    return text[:1].upper() + text[1:]


@cache
def slots_of(template: str) -> frozenset[str]:
    """Return the names of the slots of a template. Cached, because each candidate asks for those of all wordings."""
    return frozenset(piece["slot"] for piece in _PIECE.finditer(template) if piece["slot"])


def column_words(column: str) -> str:
    """Return a header in the form in which questions quote it."""
    return header_label(column)


def value_words(value: float | str | bool) -> str:
    """Return a cell's value as a Python literal: text and dates in quotes, numbers without."""
    return repr(value)
