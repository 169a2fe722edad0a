"""Find the readings that the words of a question rule out, so that no clause is needed for them."""

import re
from collections.abc import Iterable, Mapping

ROWS = "rows|records|entries|observations|lines"
MORE = "more|less|fewer|larger|smaller|higher|lower|greater"
KNOWN = r"known|recorded|non-missing|not missing|ignor\w+ missing|leav\w+ out (?:rows without|missing)"
# The name of a reading, and the words that say that ours is meant.
RULED_OUT: Mapping[str, re.Pattern[str]] = {
    name: re.compile(rf"\b(?:{words})\b", re.IGNORECASE)
    for name, words in {
        "totals_left_out": r"includ\w+ (?:the )?totals?|with (?:the )?totals?",
        "totals_included": "total rows|the totals",
        "distinct_entities": ROWS,
        "missing_not_counted": rf"of (?:the |all |all the |these )?(?:{ROWS})",
        "missing_counted": KNOWN,
        "rows_counted": KNOWN,
        "missing_as_value": KNOWN,
        "missing_as_group": KNOWN,
        "missing_as_zero": KNOWN,
        "strict_bound": "included|inclusive|inclusively",
        "inclusive_bound": "excluded|exclusive|exclusively|strictly|not including",
        "whole_day": "midnight",
        "lower_bin": "to under|to below|or more|and above|not including",
        "case_ignored": "exactly|case[- ]sensitive|(?:upper|lower) case",
        "whole_word": "anywhere|part of|substring",
        "part_of_word": "the word|whole word",
        "population_deviation": r"sample|n - 1",
        "population_variance": r"sample|n - 1",
        "uncorrected_skewness": "corrected|sample",
        "uncorrected_kurtosis": "corrected|sample",
        "pearson_kurtosis": "excess",
        "quantile_interpolation": r"linear|linearly|interpolat\w+",
        "rank_correlation": "Pearson|Pearson's|linear",
        "linear_correlation": "Spearman|Spearman's|rank",
        "unweighted": r"weight\w*",
        "mean_over_rows": r"(?:average|mean) of (?:the|these) .*(?:averages|means)|same weight|equal weight",
        "equal_variances": "Welch|Welch's|unequal variances",
        "unequal_variances": "Student|Student's|(?:with|assume|assuming) equal variances",
        "one_sided": "two-sided|both sides",
        "other_group_first": "minus|first group",
        "yates_correction": r"Yates\w*|continuity",
        "every_copy": "earlier|first occurrence|first of",
        "rank_ties": "share the|ties",
        "empty_as_zero": "leave out combinations|that occur",
        "date_order": r"in the order|order of|sort\w*|ordered",
        "absolute_change": "percent|per cent|percentage",
        "percent_change": "difference|absolute|minus",
        "swapped_difference": rf"minus|subtract\w*|exceeds?|how (?:much|many) (?:\w+ )?(?:{MORE})",
        "fraction": "percent|per cent|percentage|percentages",
        "half_away": "half|halves",
    }.items()
}
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


def ruled_out_by_words(text: str, names: Iterable[str] = ()) -> frozenset[str]:
    """Return the names of the readings that a question's text rules out.

    Values in quotes and the `names` of columns, as the question calls them, do not count as words.
    """
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "…") if name else text
    words = _QUOTED.sub("…", text)
    return frozenset(name for name, pattern in RULED_OUT.items() if pattern.search(words))
