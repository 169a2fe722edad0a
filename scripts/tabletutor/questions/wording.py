"""Wordings: small template grammars that say a program in English.

A template holds alternatives, `[What is|Give]`, and slots, `{column}`. Both are resolved in one pass over the template
and slot values are never read again, so that a header or cell with braces or brackets stays what it is.
"""

import random
import re
from collections.abc import Mapping, Sequence

from tabletutor.models.prompt import header_label
from tabletutor.programs.grammar import Aggregation, Comparison, DatePartName, Direction

_PIECE = re.compile(r"\[(?P<alternatives>[^\[\]]*)\]|\{(?P<slot>[a-z_]+)\}")

AGGREGATION_WORDS: Mapping[Aggregation, tuple[str, ...]] = {
    "mean": ("average", "mean"),
    "sum": ("total", "combined"),
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
    """The template with each alternative drawn and each slot filled. Raises KeyError for a slot with no value."""

    def resolve(piece: re.Match[str]) -> str:
        slot = piece.group("slot")
        return slots[slot] if slot is not None else source.choice(piece.group("alternatives").split("|"))

    text = _PIECE.sub(resolve, template)
    return text[:1].upper() + text[1:]


def column_words(column: str) -> str:
    """A header as it stands in a question."""
    return header_label(column)


def value_words(value: float | str | bool) -> str:
    """A cell's value as it stands in a question: text and dates quoted as Python writes them, numbers bare."""
    return repr(value)


def equals_words(column: str, value: str, source: random.Random) -> str:
    """ "with weather 'rain'", said one of several ways; follows a noun in the plural."""
    name, cell = column_words(column), value_words(value)
    return source.choice(
        (f"where {name} is {cell}", f"with {name} {cell}", f"whose {name} is {cell}", f"with {name} equal to {cell}")
    )


def one_of_words(column: str, values: Sequence[str], source: random.Random) -> str:
    """ "where weather is 'rain' or 'sun'"; follows a noun in the plural."""
    cells = " or ".join(value_words(value) for value in values)
    return f"{source.choice(('where', 'whose'))} {column_words(column)} is {source.choice(('', 'either '))}{cells}"


def compares_words(column: str, comparison: Comparison, value: float | str, source: random.Random) -> str:
    """ "with wind above 5"; follows a noun in the plural."""
    name, words = column_words(column), source.choice(COMPARISON_WORDS[comparison])
    cell = value_words(value)
    return source.choice(
        (f"with {name} {words} {cell}", f"where {name} is {words} {cell}", f"whose {name} is {words} {cell}")
    )


def date_compares_words(column: str, comparison: Comparison, value: str, source: random.Random) -> str:
    """ "with date on or after '2012-03-01'"; follows a noun in the plural."""
    words = {">": "after", ">=": "on or after", "<": "before", "<=": "on or before"}[comparison]
    return source.choice(
        (f"with {column_words(column)} {words} {value!r}", f"where {column_words(column)} is {words} {value!r}")
    )


def date_part_words(column: str, part: DatePartName, value: int | str) -> str:
    """ "whose date falls in the year 2012"; follows a noun in the plural."""
    said = {
        "year": f"in the year {value}",
        "month": f"in {MONTHS[int(value) - 1]}" if part == "month" else "",
        "quarter": f"in quarter {value}",
        "weekday": f"on a {value}",
        "day": f"on day {value} of the month",
        "hour": f"in hour {value}",
    }[part]
    return f"whose {column_words(column)} falls {said}"
