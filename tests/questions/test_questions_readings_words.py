"""The words of a question rule out readings."""

import pytest

from tabletutor.questions.readings.words import ruled_out_by_words

PERCENT = {"fraction", "absolute_change"}
SAID = [
    ("How many countries are there?", set[str]()),
    ("What percentage of all rows have reason 'x'?", PERCENT),
    ("What percentage of countries have reason 'x'?", PERCENT),
    ("What is the Spearman rank correlation of a and b?", {"linear_correlation"}),
    ("What is the Pearson correlation of a and b?", {"rank_correlation"}),
    ("What is the two-sided p-value of Welch's t-test (unequal variances)?", {"one_sided", "equal_variances"}),
    ("What is the p-value of Student's t-test, assuming equal variances?", {"unequal_variances"}),
    ("How many more are there of a than of b?", {"swapped_difference"}),
    ("How many names contain the word 'Rome'?", {"part_of_word"}),
    ("How many rows repeat an earlier row?", {"every_copy"}),
    ("What is the excess kurtosis of pay?", {"pearson_kurtosis"}),
    (
        "How many known values has pay where the reason is known?",
        {"rows_counted", "missing_as_value", "missing_as_zero"},
    ),
    ("What is the average pay where the reason is known?", set[str]()),
    ("How many have the note 'sample variance, whole words'?", set[str]()),
]


@pytest.mark.parametrize(("text", "names"), SAID)
def test_words_rule_out_readings(text: str, names: set[str]) -> None:
    assert ruled_out_by_words(text) == names


def test_the_name_of_a_column_rules_out_nothing() -> None:
    text = "What is the standard deviation of sample deviation percent?"
    assert ruled_out_by_words(text) == {"population_deviation", *PERCENT}
    assert ruled_out_by_words(text, ["deviation", "sample deviation percent", ""]) == frozenset()
    assert ruled_out_by_words("What percentage of rows have age 3?", ["age"]) == PERCENT
