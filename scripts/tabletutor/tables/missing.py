"""Which cells of a column are missing values: markers count only where the rest of the column bears them out."""

import re
from collections.abc import Collection

from tabletutor.records.table import Kind

# Words that can be values of their own: in a column of text they stay.
WORDS = frozenset({"none", "unknown"})
_CODE = re.compile(r"[A-Z]{2}")
_SYMBOL = re.compile(r"[^\w\s]+")


def found_markers(values: Collection[str], markers: Collection[str]) -> list[str]:
    """The markers among a column's distinct values, in the order of `markers`; the empty cell always counts."""
    present = set(values)
    return [marker for marker in dict.fromkeys(("", *markers)) if marker in present]


def kept_markers(rest: Collection[str], found: Collection[str], kind: Kind) -> dict[str, str]:
    """The found markers that are values in a column whose other distinct values are `rest`, each with the evidence.

    In columns of numbers, dates and booleans every marker is missing. In text, "NA" among two-letter codes is a code
    (Namibia, North America), a word such as "None" is a word, and "-" among other symbols is a symbol.
    """
    if kind in ("integer", "number", "boolean", "date", "datetime"):
        return {}
    kept: dict[str, str] = {}
    codes = sum(1 for value in rest if _CODE.fullmatch(value))
    symbols = sum(1 for value in rest if _SYMBOL.fullmatch(value))
    for marker in found:
        if _CODE.fullmatch(marker) and codes >= 3 and codes >= 0.8 * len(rest):
            kept[marker] = "the other values are two-letter codes"
        elif marker.casefold() in WORDS:
            kept[marker] = "a word among words"
        elif marker and _SYMBOL.fullmatch(marker) and symbols >= max(1, 0.2 * len(rest)):
            kept[marker] = "other values are symbols too"
    return kept
