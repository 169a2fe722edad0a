"""Proof that no hint reaches a student: what a student is told holds nothing of the hint beyond the question itself."""

import re

from tabletutor.records.question import Question

GRAM = 6  # words in a row that count as a quotation


def hint_leak(told: str, question: Question) -> str | None:
    """A run of words of the hint that stands in what a student is told and not in the question; None if there is none.

    What it is told is all it sees before its own first turn; what follows is its own work and the sandbox's output.
    """
    hint = _words(question.hint)
    size = min(GRAM, len(hint))  # a shorter hint counts as a whole
    seen = _grams(_words(told), size)
    for gram in sorted(_grams(hint, size) - _grams(_words(question.text), size)):
        if gram in seen:
            return " ".join(gram)
    return None


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _grams(words: list[str], size: int) -> set[tuple[str, ...]]:
    return {tuple(words[start : start + size]) for start in range(len(words) - size + 1)} - {()}
