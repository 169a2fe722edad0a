"""Proof that no hint reaches a student: what a student is told holds nothing of the hint beyond the question itself."""

import re

from tabletutor.formats.row import SftRow
from tabletutor.records.question import Question

GRAM = 6  # words in a row that count as a quotation


def hint_leak(row: SftRow, question: Question) -> str | None:
    """A run of words of the hint that stands in the opening messages and not in the question; None if there is none.

    The opening is all a student sees before its own first turn; what follows is its own work and the sandbox's output.
    """
    opening: list[str] = []
    for message in row.messages:
        if message["role"] == "assistant":
            break
        opening.append(message["content"])
    told = _words(" ".join(opening))
    own = _grams(_words(question.text))
    for gram in sorted(_grams(_words(question.hint)) - own):
        if gram in _grams(told):
            return " ".join(gram)
    return None


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _grams(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[start : start + GRAM]) for start in range(len(words) - GRAM + 1)}
