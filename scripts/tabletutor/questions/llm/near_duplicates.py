"""Find questions that ask almost the same as another one in almost the same words."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple

from tabletutor.questions.lexicon import base_form

_WORDS = re.compile(r"\d+(?:[.,]\d+)*|\w+")
# Words without which a question stays the same.
_FILLERS = frozenset(
    {"the", "a", "an", "of", "in", "for", "is", "are", "was", "were", "be", "what", "which", "how", "this", "that",
     "please", "tell", "me", "give", "find", "state", "compute", "calculate", "determine", "table", "data", "dataset"}
)  # fmt: skip
# Words that questions use for each other.
_SAME = {
    "average": "mean", "avg": "mean", "total": "sum", "many": "count", "number": "count", "percentage": "percent",
    "highest": "largest", "greatest": "largest", "biggest": "largest", "maximum": "largest", "high": "large",
    "lowest": "smallest", "minimum": "smallest", "low": "small",
}  # fmt: skip

_WORD_WEIGHT = 0.75  # of the words of two texts in their similarity; the rest is the weight of pairs of words

Gram = tuple[str, ...]


class Grams(NamedTuple):
    """The words of a text, and each pair of words that follow each other."""

    words: frozenset[Gram]
    pairs: frozenset[Gram]


def grams(text: str) -> Grams:
    """Return the grams of a text: without fillers, in their base form, whatever their case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = [_plain(word) for word in _WORDS.findall(folded) if word not in _FILLERS]
    return Grams(frozenset((word,) for word in words), frozenset(pairwise(words)))


def _plain(word: str) -> str:
    """Return the base form of a word, or of the word that questions use for it."""
    base = base_form(_SAME.get(word) or word)
    return _SAME.get(base) or base


def similarity(first: Grams, second: Grams) -> float:
    """Return how similar two texts are, from 0 to 1: the shares of their words and of their pairs that both have.

    Symmetric. Words in another order change the pairs alone: "the ratio of a to b" is not "the ratio of b to a".
    """
    return _WORD_WEIGHT * _common(first.words, second.words) + (1 - _WORD_WEIGHT) * _common(first.pairs, second.pairs)


def _common(first: frozenset[Gram], second: frozenset[Gram]) -> float:
    """Return the share of all members that both sets have; 1 for two empty sets."""
    union = len(first | second)
    return len(first & second) / union if union else 1.0


class AskedTexts:
    """The texts that were asked so far."""

    def __init__(self, texts: Iterable[str], threshold: float) -> None:
        self._threshold = threshold
        self._asked: dict[str, Grams] = {text: grams(text) for text in texts}

    def add(self, text: str) -> None:
        """Remember a text."""
        self._asked[text] = grams(text)

    def nearest(self, text: str) -> str | None:
        """Return the most similar text that was asked, or None if none is as similar as the threshold."""
        own = grams(text)
        scores: Mapping[str, float] = {other: similarity(own, its) for other, its in self._asked.items()}
        best = min(scores, key=lambda other: (-scores[other], other), default=None)
        return best if best is not None and scores[best] >= self._threshold else None
