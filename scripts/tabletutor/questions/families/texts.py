"""Text: what cells contain, their length and their first word."""

import re

from tabletutor.programs.grammar import (
    Aggregate,
    Contains,
    Count,
    Group,
    GroupCount,
    Keep,
    Lookup,
    MostFrequent,
    TextPart,
)
from tabletutor.questions.draw import Draw
from tabletutor.questions.family import Candidate, Family, chain
from tabletutor.questions.wording import AGGREGATION_WORDS, DIRECTION_WORDS, column_words, value_words


def _contains(draw: Draw) -> Candidate:
    column = draw.text()
    words = sorted({word for value, _ in column.top_values for word in re.findall(r"[^\W\d_]{3,}", value)})
    word = draw.choice(words)
    slots = {"column": column_words(column.name), "word": value_words(word)}
    return Candidate(chain(Contains(column.name, word), Count()), slots, "integer")


def _length(draw: Draw) -> Candidate:
    column = draw.text()
    name = draw.free_name("length")
    step = Aggregate(name, draw.choice(("mean", "max", "min")))
    slots = {"column": column_words(column.name), "agg": draw.choice(AGGREGATION_WORDS[step.aggregation])}
    answer_type = "number" if step.aggregation == "mean" else "integer"
    return Candidate(chain(TextPart(column.name, "length", name), step), slots, answer_type)


def _words(draw: Draw) -> Candidate:
    column = draw.text()
    name = draw.free_name("words")
    step = Aggregate(name, draw.choice(("mean", "max", "sum")))
    slots = {"column": column_words(column.name), "agg": draw.choice(AGGREGATION_WORDS[step.aggregation])}
    answer_type = "number" if step.aggregation == "mean" else "integer"
    return Candidate(chain(TextPart(column.name, "words", name), step), slots, answer_type)


def _longest(draw: Draw) -> Candidate:
    column = draw.label()
    name, direction = draw.free_name("length"), draw.direction()
    end = {"largest": "longest", "smallest": "shortest"}[direction]
    slots = {"column": column_words(column.name), "end": end}
    steps = (TextPart(column.name, "length", name), Lookup(name, direction, column.name))
    return Candidate(chain(*steps), slots, "category")


def _first_word(draw: Draw) -> Candidate:
    column = draw.text()
    name = draw.free_name("first_word")
    steps = (TextPart(column.name, "first_word", name), MostFrequent(name))
    return Candidate(chain(*steps), {"column": column_words(column.name)}, "category")


def _most_frequent(draw: Draw) -> Candidate:
    column = draw.text()
    return Candidate(chain(MostFrequent(column.name)), {"column": column_words(column.name)}, "category")


def _repeated(draw: Draw) -> Candidate:
    column = draw.text()
    times = draw.choice((1, 2, 3, 5))
    slots = {"column": column_words(column.name), "times": "once" if times == 1 else f"{times} times"}
    return Candidate(chain(Group(column.name, "count"), Keep(">", times), GroupCount()), slots, "integer")


def _longest_measure(draw: Draw) -> Candidate:
    column, measure = draw.label(), draw.measure()
    name, direction = draw.free_name("length"), draw.direction()
    slots = {
        "column": column_words(column.name),
        "measure": column_words(measure.name),
        "best": "longest" if direction == "largest" else "shortest",
        "rank": draw.choice(DIRECTION_WORDS[direction]),
    }
    steps = (TextPart(column.name, "length", name), Lookup(name, direction, measure.name))
    return Candidate(chain(*steps), slots, "number")


FAMILIES = (
    Family(
        "text_contains",
        "text",
        _contains,
        (
            "How many [rows|records|entries] have {word} in {column}?",
            "[Count|Find the number of] [rows|records|entries] whose {column} contains {word}.",
            "In how many [rows|records] does {column} contain the text {word}?",
            "[Tell me|Report] how many {column} values contain {word}.",
            "How many times does a {column} include {word} (one count a row)?",
            "Search {column} for {word}: how many [rows|records] match?",
            "The text {word} stands in {column} in how many rows?",
        ),
    ),
    Family(
        "text_length",
        "text",
        _length,
        (
            "What is the {agg} length of {column} in characters?",
            "[Find|Compute] the {agg} number of characters in {column}.",
            "How many characters does {column} have? Give the {agg}.",
            "[Tell me|Report] the {agg} text length of {column}.",
            "Measure each {column} in characters: what is the {agg}?",
            "Counted in characters, what is the {agg} size of a {column}?",
        ),
        rounds=True,
    ),
    Family(
        "text_words",
        "text",
        _words,
        (
            "What is the {agg} number of words in {column}?",
            "[Find|Compute] the {agg} word count of {column}.",
            "Split {column} into words: what is the {agg} number of words?",
            "[Tell me|Report] the {agg} number of words of {column}.",
            "Counting words, what is the {agg} for {column}?",
        ),
        rounds=True,
    ),
    Family(
        "text_longest",
        "text",
        _longest,
        (
            "Which {column} is the {end} (in characters)?",
            "[Find|Name] the {end} {column}.",
            "What is the {end} {column} in the table, by number of characters?",
            "[Tell me|Report] the {column} with the {end} text.",
            "By number of characters, which {column} is {end}?",
            "Of all {column} values, which one is {end} when written out?",
        ),
    ),
    Family(
        "text_first_word",
        "text",
        _first_word,
        (
            "What is the most common first word of {column}?",
            "[Find|Name] the word that {column} begins with most often.",
            "With which word does {column} most often start?",
            "Take the first word of each {column}: which is the most frequent?",
            "[Tell me|Report] the most frequent first word in {column}.",
            "{column} values often begin alike: which first word leads?",
        ),
    ),
    Family(
        "most_frequent",
        "text",
        _most_frequent,
        (
            "What is the most [common|frequent] {column}?",
            "[Find|Name] the most [common|frequent] value of {column}.",
            "Which {column} [occurs|appears] most often?",
            "[Tell me|Report] the value that {column} takes most often.",
            "Which value is the mode of {column}?",
            "What does {column} say in more rows than any other value?",
        ),
    ),
    Family(
        "values_repeated",
        "text",
        _repeated,
        (
            "How many values of {column} occur more than {times}?",
            "[Count|Find the number of] {column} values that appear more than {times}.",
            "How many different {column} values [are seen|are found] more than {times}?",
            "[Tell me|Report] how many {column} values turn up more than {times}.",
            "Of the different values of {column}, how many occur more than {times}?",
            "How many {column} values are seen again, that is, more than {times}?",
        ),
    ),
    Family(
        "lookup_by_length",
        "text",
        _longest_measure,
        (
            "What is the {measure} of the [row|record] with the {best} {column}?",
            "Find the {best} {column} (in characters): what is its {measure}?",
            "[Give|Report] {measure} for the [row|record] whose {column} is {best} in characters.",
            "Which {measure} goes with the {best} {column}?",
        ),
    ),
)
