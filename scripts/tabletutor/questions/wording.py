"""Wordings: small templates that express a program in English.

"[What is|Give] the {agg} {column}?" has a choice in brackets and slots in braces. One pass over the template resolves
both and never reads the text of a slot again, so headers and cells may hold brackets and braces.
"""

import random
import re
from collections.abc import Mapping, Sequence
from functools import cache

from tabletutor.models.prompt import header_label
from tabletutor.programs.grammar import Aggregation, Comparison, DatePartName, Direction

_PIECE = re.compile(r"\[(?P<alternatives>[^\[\]]*)\]|\{(?P<slot>[a-z_]+)\}")

AGGREGATION_WORDS: Mapping[Aggregation, tuple[str, ...]] = {
    "mean": ("average", "mean"),
    "sum": ("total",),
    "min": ("lowest", "minimum", "smallest"),
    "max": ("highest", "maximum", "largest"),
    "median": ("median",),
    "std": ("standard deviation of",),
    "nunique": ("number of different values of", "number of distinct values of"),
    "count": ("number of known values of", "number of non-missing values of"),
}
DIRECTION_WORDS: Mapping[Direction, tuple[str, ...]] = {
    "largest": ("highest", "largest", "greatest"),
    "smallest": ("lowest", "smallest", "least"),
}
COMPARISON_WORDS: Mapping[Comparison, tuple[str, ...]] = {
    ">": ("above", "greater than", "more than", "over"),
    ">=": ("at least", "no less than"),
    "<": ("below", "less than", "under"),
    "<=": ("at most", "no more than"),
    "==": ("equal to",),
    "!=": ("other than", "different from"),
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


def equals_words(column: str, value: str, source: random.Random) -> str:
    """Return a condition to follow a plural noun, such as "with weather 'rain'", in one of several forms."""
    name, cell = column_words(column), value_words(value)
    return source.choice(
        (f"where {name} is {cell}", f"with {name} {cell}", f"whose {name} is {cell}", f"with {name} equal to {cell}")
    )


def one_of_words(column: str, values: Sequence[str], source: random.Random) -> str:
    """Return a condition to follow a plural noun, such as "where weather is 'rain' or 'sun'"."""
    cells = " or ".join(value_words(value) for value in values)
    return f"{source.choice(('where', 'whose'))} {column_words(column)} is {source.choice(('', 'either '))}{cells}"


def compares_words(column: str, comparison: Comparison, value: float | str, source: random.Random) -> str:
    """Return a condition to follow a plural noun, such as "with wind above 5"."""
    name, words = column_words(column), source.choice(COMPARISON_WORDS[comparison])
    cell = value_words(value)
    return source.choice(
        (f"with {name} {words} {cell}", f"where {name} is {words} {cell}", f"whose {name} is {words} {cell}")
    )


def date_compares_words(column: str, comparison: Comparison, value: str, source: random.Random) -> str:
    """Return a condition to follow a plural noun, such as "with date on or after '2012-03-01'"."""
    words = {">": "after", ">=": "on or after", "<": "before", "<=": "on or before"}[comparison]
    return source.choice(
        (f"with {column_words(column)} {words} {value!r}", f"where {column_words(column)} is {words} {value!r}")
    )


def date_part_words(column: str, part: DatePartName, value: int | str) -> str:
    """Return a condition to follow a plural noun, such as "whose date falls in the year 2012"."""
    period = {
        "year": f"in the year {value}",
        "month": f"in {MONTHS[int(value) - 1]}" if part == "month" else "",
        "quarter": f"in quarter {value}",
        "weekday": f"on a {value}",
        "day": f"on day {value} of the month",
        "hour": f"in hour {value}",
    }[part]
    return f"whose {column_words(column)} falls {period}"
