"""Check that no hint leaks: a row must quote nothing of the hint except words of the question itself."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, cast

import msgspec

from tabletutor.records.question import Question
from tabletutor.rows.row import Row

GRAM = 6  # consecutive words that count as a quotation


def hint_leak(row: Row, question: Question) -> str | None:
    """Return a run of words that the row quotes from the hint and that the question does not contain, or None.

    All texts of the row are searched, including what the student says: a teacher that saw the hint may recite it.
    """
    hint = _words(question.hint)
    size = min(GRAM, len(hint))  # a shorter hint must be quoted in full
    seen = {gram for text in _texts(msgspec.to_builtins(row)) for gram in _grams(_words(text), size)}
    for gram in sorted(_grams(hint, size) - _grams(_words(question.text), size)):
        if gram in seen:
            return " ".join(gram)
    return None


def _texts(value: Any) -> Iterator[str]:
    """Yield all strings in a JSON value."""
    match value:
        case str():
            yield value
        case dict():
            yield from _texts(list(cast("dict[str, Any]", value).values()))
        case list() | tuple():
            for member in cast("Sequence[Any]", value):
                yield from _texts(member)
        case _:
            return


def _words(text: str) -> list[str]:
    # At the start of a question "ı" is capitalised to "I", which casefolds to "i".
    return re.findall(r"\w+", text.casefold().replace("ı", "i"))


def _grams(words: list[str], size: int) -> set[tuple[str, ...]]:
    return {tuple(words[start : start + size]) for start in range(len(words) - size + 1)} - {()}
