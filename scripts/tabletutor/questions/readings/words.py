"""Find the readings that the words of a question rule out, so that no clause is needed for them."""

import re
from collections.abc import Iterable, Mapping

from tabletutor.questions.readings.reading import ReadingName

KNOWN = r"known values|non-missing values|ignor\w+ missing|leav\w+ out missing"
MORE = "more|less|fewer|larger|smaller|higher|lower|greater"
PERCENT = "percent|per cent|percentage|percentages"
# The name of a reading, and words that always say that ours is meant. Families name the readings that other words of
# theirs rule out (`Candidate.settled`).
RULED_OUT: Mapping[ReadingName, str] = {
    "totals_included": "total rows",
    "rows_counted": KNOWN,
    "missing_as_value": KNOWN,
    "missing_as_zero": KNOWN,
    "case_ignored": "case[- ]sensitive|(?:upper|lower) case",
    "part_of_word": "the word|whole words?",
    "population_deviation": "sample standard deviation|sample deviation",
    "population_variance": "sample variance",
    "uncorrected_skewness": "corrected for bias",
    "uncorrected_kurtosis": "corrected for bias",
    "pearson_kurtosis": "excess kurtosis",
    "quantile_interpolation": r"linear interpolation|interpolat\w+ linearly",
    "rank_correlation": "Pearson|linear correlation",
    "linear_correlation": "Spearman|rank correlation",
    "unweighted": "weighted",
    "equal_variances": "Welch|unequal variances",
    "unequal_variances": "Student|(?:with|assume|assuming) equal variances",
    "one_sided": "two-sided",
    "yates_correction": "Yates",
    "every_copy": "earlier row|first of each",
    "rank_ties": "all rows that share it",
    "absolute_change": PERCENT,
    "swapped_difference": rf"minus|subtract\w*|how (?:much|many) (?:\w+ )?(?:{MORE})",
    "fraction": PERCENT,
}
_PATTERNS: Mapping[ReadingName, re.Pattern[str]] = {
    name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for name, words in RULED_OUT.items()
}
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


def ruled_out_by_words(text: str, names: Iterable[str] = ()) -> frozenset[ReadingName]:
    """Return the names of the readings that a question's text rules out.

    Values in quotes and the `names` of columns, as the question calls them, do not count as words.
    """
    words = _QUOTED.sub("…", text)
    if said := [re.escape(name) for name in sorted(names, key=len, reverse=True) if name]:
        words = re.sub(rf"(?<!\w)(?:{'|'.join(said)})(?!\w)", "…", words)
    return frozenset(name for name, pattern in _PATTERNS.items() if pattern.search(words))
