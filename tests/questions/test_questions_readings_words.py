"""The words of a question rule out readings."""

import pytest

from tabletutor.questions.readings.words import ruled_out_by_words

SAID = [
    ("How many rows are there?", {"distinct_entities"}),
    ("How many countries are there?", set[str]()),
    (
        "What percentage of all rows have reason 'x'?",
        {"fraction", "missing_not_counted", "distinct_entities", "absolute_change"},
    ),
    ("What is the Spearman rank correlation of a and b?", {"linear_correlation"}),
    ("What is the Pearson correlation of a and b?", {"rank_correlation"}),
    ("How many have pay between 1 and 5 (both included)?", {"strict_bound"}),
    ("What is the two-sided p-value of Welch's t-test (unequal variances)?", {"one_sided", "equal_variances"}),
    ("What is the p-value of Student's t-test, assuming equal variances?", {"unequal_variances"}),
    ("By how much does a exceed b?", {"swapped_difference"}),
    ("How many more are there of a than of b?", {"swapped_difference"}),
    ("How many names contain the word 'Rome'?", {"part_of_word"}),
    ("What is the average of these monthly means?", {"mean_over_rows"}),
    ("What is the excess kurtosis of pay?", {"pearson_kurtosis"}),
    ("How many have the note 'sample rows, both included'?", set[str]()),
]


@pytest.mark.parametrize(("text", "names"), SAID)
def test_words_rule_out_readings(text: str, names: set[str]) -> None:
    assert ruled_out_by_words(text) == names


def test_the_name_of_a_column_rules_out_nothing() -> None:
    text = "What is the standard deviation of sample size percent?"
    assert ruled_out_by_words(text) == {"fraction", "population_deviation", "population_variance"} | {
        "absolute_change", "uncorrected_kurtosis", "uncorrected_skewness",
    }  # fmt: skip
    assert ruled_out_by_words(text, ["size", "sample size percent", ""]) == frozenset()
