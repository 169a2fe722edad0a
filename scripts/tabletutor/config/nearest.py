"""The nearest known word, for messages about a word that is not known."""

import difflib
from collections.abc import Iterable


def near(word: str, known: Iterable[str]) -> str | None:
    """The known word that is meant, as far as spelling tells."""
    return next(iter(difflib.get_close_matches(word, [*known], n=1, cutoff=0.6)), None)


def nearest(word: str, known: Iterable[str]) -> str:
    """`did you mean seed?` where a known word is near, else all that there are."""
    there = [*known]
    close = near(word, there)
    return f"did you mean {close}?" if close else f"there are: {', '.join(there) or 'none'}"
