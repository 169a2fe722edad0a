"""Whether form gives away which texts are labelled right, and how pairs are left out until it does not.

Form is the count of words, of two words in a row, and the length. A mistake that mostly makes texts shorter, or swaps
one common word for a rare one, would teach a student to look for that and not to think.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

FEWEST = 5  # pairs in which something must occur to be looked at
GIVEAWAY = 2.5  # standard deviations by which a side may be favoured
_WORDS = r"\w+|[^\w\s]"
_SHARE = 200  # one pair in so many is left out at a time
_SCALE = 1000  # sums are of whole numbers, which add up alike in any order


class Pair(NamedTuple):
    """What was chosen and what was rejected, and the table they are about."""

    chosen: str
    rejected: str
    table: str


class Judged(NamedTuple):
    """A text, whether it is labelled right (chosen, of a pair), and the table it is about."""

    text: str
    right: bool
    table: str


def even(pairs: Sequence[Pair]) -> list[int]:
    """The places of pairs to keep, such that no word, no two words and not the length favours a side.

    Something favours a side if the pairs that have more of it there outnumber the others by `GIVEAWAY` standard
    deviations of a fair coin. Pairs that lean most towards what is favoured go first.
    """
    alive = np.ones(len(pairs), dtype=bool)
    if len(pairs) < FEWEST:
        return list(range(len(pairs)))
    signs = _signs(pairs)
    while alive.any():
        chosen = signs[alive]
        total = np.asarray(chosen.sum(axis=0)).ravel()
        times = np.asarray(abs(chosen).sum(axis=0)).ravel()
        lean = np.where(times >= FEWEST, total / np.sqrt(np.maximum(times, 1)), 0.0)
        if np.abs(lean).max(initial=0.0) <= GIVEAWAY:
            break
        favour = signs @ np.rint(lean * _SCALE).astype(np.int64)
        order = np.argsort(-favour, kind="stable")
        alive[order[alive[order]][: max(1, int(alive.sum()) // _SHARE)]] = False
    return [int(place) for place in np.flatnonzero(alive)]


def accuracy(judged: Sequence[Judged]) -> float | None:
    """The share of texts that a bag-of-words classifier tells right or wrong from their form alone, on tables it was
    not fitted on; None where there are fewer than five tables, or twenty-five texts of a label.

    The classifier is a logistic regression on counts of words and of two words in a row and on the length.
    """
    texts, tables = [row.text for row in judged], [row.table for row in judged]
    labels = np.array([row.right for row in judged], dtype=bool)
    fewer = min(int(labels.sum()), len(labels) - int(labels.sum()))
    if len(set(tables)) < FEWEST or fewer < FEWEST * FEWEST:
        return None
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    right = 0
    for fitted, held in GroupKFold(FEWEST).split(texts, labels, tables):
        counter = _counter().fit([texts[place] for place in fitted])
        seen = [_form(counter, [texts[place] for place in places]) for places in (fitted, held)]
        model: Any = LogisticRegression(max_iter=5000, C=0.3).fit(seen[0], labels[fitted])
        right += int((model.predict(seen[1]) == labels[held]).sum())
    return round(right / len(texts), 3)


def _counter() -> Any:
    from sklearn.feature_extraction.text import CountVectorizer

    return CountVectorizer(token_pattern=_WORDS, ngram_range=(1, 2), min_df=2, lowercase=False)


def _form(counter: Any, texts: Sequence[str]) -> Any:
    from scipy.sparse import csr_matrix, hstack

    lengths = csr_matrix(np.array([[len(text) / 100] for text in texts]))
    return hstack([counter.transform(texts), lengths]).tocsr()


def _signs(pairs: Sequence[Pair]) -> Any:
    """For each pair and each feature 1 where the chosen text has more of it, -1 where the rejected one has."""
    from scipy.sparse import csr_matrix, hstack

    counter = _counter().fit([text for pair in pairs for text in (pair.chosen, pair.rejected)])
    counts = [counter.transform([pair[side] for pair in pairs]).astype(np.int64) for side in (0, 1)]
    longer = csr_matrix(np.array([[len(pair.chosen) - len(pair.rejected)] for pair in pairs]))
    differences: Any = hstack([counts[0] - counts[1], longer]).tocsr()
    return differences.sign().astype(np.int64)
