"""Surface cues: measure whether form alone predicts labels, and drop pairs until no cue is left.

Form means word counts, counts of two words in a row, and text length. If mistakes mostly make texts shorter, or swap a
common word for a rare one, a student would learn that cue instead of the task.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

MIN_COUNT = 5  # pairs in which a feature must differ to be considered; also the number of folds
MAX_LEAN = 2.5  # standard deviations of a fair coin by which a feature may favour one side
_WORDS = r"\w+|[^\w\s]"
_BATCH_DIVISOR = 200  # each round drops one in this many of the remaining pairs
_SCALE = 1000  # leans are rounded to integers, whose sum does not depend on the order


class Pair(NamedTuple):
    """A chosen and a rejected text, and the table they are about."""

    chosen: str
    rejected: str
    table: str


class LabelledText(NamedTuple):
    """A text, whether it is labelled right (for a pair: chosen), and the table it is about."""

    text: str
    right: bool
    table: str


def balance_pairs(pairs: Sequence[Pair]) -> list[int]:
    """Return the indices of the pairs to keep, such that no feature of form favours the chosen or the rejected side.

    A feature favours a side if the pairs with more of it on that side outnumber the others by more than `MAX_LEAN`
    standard deviations of a fair coin. The pairs that lean most towards favoured features are dropped first.
    """
    alive = np.ones(len(pairs), dtype=bool)
    if len(pairs) < MIN_COUNT:
        return list(range(len(pairs)))
    signs = _signs(pairs)
    while alive.any():
        chosen = signs[alive]
        total = np.asarray(chosen.sum(axis=0)).ravel()
        times = np.asarray(abs(chosen).sum(axis=0)).ravel()
        lean = np.where(times >= MIN_COUNT, total / np.sqrt(np.maximum(times, 1)), 0.0)
        if np.abs(lean).max(initial=0.0) <= MAX_LEAN:
            break
        favour = signs @ np.rint(lean * _SCALE).astype(np.int64)
        order = np.argsort(-favour, kind="stable")
        alive[order[alive[order]][: max(1, int(alive.sum()) // _BATCH_DIVISOR)]] = False
    return [int(index) for index in np.flatnonzero(alive)]


def surface_accuracy(labelled: Sequence[LabelledText]) -> float | None:
    """Return the cross-validated accuracy of a classifier that predicts labels from form alone.

    The classifier is a logistic regression on counts of words, counts of two words in a row, and text length. It is
    evaluated on tables it was not fitted on. Returns None with fewer than 5 tables or fewer than 25 texts of a label.
    """
    texts, tables = [row.text for row in labelled], [row.table for row in labelled]
    labels = np.array([row.right for row in labelled], dtype=bool)
    fewer = min(int(labels.sum()), len(labels) - int(labels.sum()))
    if len(set(tables)) < MIN_COUNT or fewer < MIN_COUNT * MIN_COUNT:
        return None
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    right = 0
    for fitted, held in GroupKFold(MIN_COUNT).split(texts, labels, tables):
        vectorizer = _vectorizer().fit([texts[index] for index in fitted])
        features = [_features(vectorizer, [texts[index] for index in indices]) for indices in (fitted, held)]
        model: Any = LogisticRegression(max_iter=5000, C=0.3).fit(features[0], labels[fitted])
        right += int((model.predict(features[1]) == labels[held]).sum())
    return round(right / len(texts), 3)


def _vectorizer() -> Any:
    from sklearn.feature_extraction.text import CountVectorizer

    return CountVectorizer(token_pattern=_WORDS, ngram_range=(1, 2), min_df=2, lowercase=False)


def _features(vectorizer: Any, texts: Sequence[str]) -> Any:
    from scipy.sparse import csr_matrix, hstack

    lengths = csr_matrix(np.array([[len(text) / 100] for text in texts]))
    return hstack([vectorizer.transform(texts), lengths]).tocsr()


def _signs(pairs: Sequence[Pair]) -> Any:
    """Return a matrix (pairs × features): 1 if the chosen text has more of the feature, -1 if the rejected one has."""
    from scipy.sparse import csr_matrix, hstack

    vectorizer = _vectorizer().fit([text for pair in pairs for text in (pair.chosen, pair.rejected)])
    counts = [vectorizer.transform([pair[side] for pair in pairs]).astype(np.int64) for side in (0, 1)]
    longer = csr_matrix(np.array([[len(pair.chosen) - len(pair.rejected)] for pair in pairs]))
    differences: Any = hstack([counts[0] - counts[1], longer]).tocsr()
    return differences.sign().astype(np.int64)
