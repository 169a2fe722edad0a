"""Proof that no hint reaches a student: a row holds nothing of the hint beyond the words of the question itself."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, cast

import msgspec

from tabletutor.records.question import Question
from tabletutor.rows.row import Row

GRAM = 6  # words in a row that count as a quotation


def hint_leak(row: Row, question: Question) -> str | None:
    """A run of words of the hint that stands in a row and not in the question; None if there is none.

    It is looked for in all that a student reads or says there: a teacher that was shown the hint may recite it.
    """
    hint = _words(question.hint)
    size = min(GRAM, len(hint))  # a shorter hint counts as a whole
    seen = {gram for text in _texts(msgspec.to_builtins(row)) for gram in _grams(_words(text), size)}
    for gram in sorted(_grams(hint, size) - _grams(_words(question.text), size)):
        if gram in seen:
            return " ".join(gram)
    return None


def _texts(value: Any) -> Iterator[str]:
    """All texts of a value that is JSON."""
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
    return re.findall(r"\w+", text.casefold().replace("ı", "i"))  # as its capital is folded, which begins a question


def _grams(words: list[str], size: int) -> set[tuple[str, ...]]:
    return {tuple(words[start : start + size]) for start in range(len(words) - size + 1)} - {()}
