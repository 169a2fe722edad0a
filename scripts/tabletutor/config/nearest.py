"""Suggestions for misspelt words in error messages."""

import difflib
from collections.abc import Iterable


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word with the most similar spelling, or None if none is similar enough."""
    return next(iter(difflib.get_close_matches(word, [*known], n=1, cutoff=0.6)), None)


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `did you mean seed?` for a similar known word, else `there are:` with all known words."""
    options = [*known]
    close = closest(word, options)
    return f"did you mean {close}?" if close else f"there are: {', '.join(options) or 'none'}"
