"""Text: what cells contain, their length, and the most frequent value."""

import re

from tabletutor.programs.grammar import Aggregate, Contains, Count, Lookup, MostFrequent, TextPart
from tabletutor.questions.columns import header_parts, is_half_name, splits_rows
from tabletutor.questions.draw import MAX_GROUPS, CannotDraw, Draw
from tabletutor.questions.family import Candidate, Family, chain
from tabletutor.questions.frames import PICK, VALUE
from tabletutor.questions.wording import value_words

ADDRESSES = frozenset({"address", "location", "street", "place", "url", "keywords"})
MARKUP = re.compile(r"</?[a-zA-Z]\w*[^<>]*>|&#?\w+;")
CONTAINS = (
    "How many {rows} have the word {word} in {name}{back}?",
    "{front}how many {rows} have the word {word} in {name}?",
    "Count the {rows}{back} whose {name} contains the word {word}.",
    "[Can|Could] you count the {rows}{back} in which {name} contains the word {word}?",
    "Please report in how many {rows} {name} contains the word {word}{back}.",
    # held out
    "Search {name} for the word {word}{back}: how many {rows} match?",
    "Looking at {whole}, in how many of them does {name} mention the word {word}?",
)

LONGEST = (
    "Which {name} is the {end}, in characters?",
    "{front}which {name} is the {end}, in characters?",
    "[Find|Give] the {end} {name}, counted in characters.",
    "[Can|Could] you tell me which {name} is the {end} when written out?",
    "Please report the {end} {name}, by number of characters.",
    # held out
    "Count the characters of each {name}: which one is {end}?",
)


def _contains(draw: Draw) -> Candidate:
    column = draw.text()
    words = sorted({word for value, _ in column.top_values for word in re.findall(r"[^\W\d_]{4,}", value)})
    word = draw.choice(words)
    slots = {"name": draw.say(column), "word": value_words(word)}
    return Candidate(
        chain(Contains(column.name, word, whole_word=True), Count()),
        slots,
        "integer",
        settled=frozenset({"part_of_word"}),
    )


def _words(draw: Draw) -> Candidate:
    column = draw.text(("free_text",))
    if header_parts(column.name) & ADDRESSES:
        raise CannotDraw  # nobody counts the words of an address
    aggregation = draw.choice(("mean", "max"))
    name = draw.free_name("words")
    if any(MARKUP.search(value) for value, _ in column.top_values):
        raise CannotDraw  # tags are no words
    end = "average" if aggregation == "mean" else "largest"
    noun = f"{end} number of words (separated by spaces) in {draw.spoken[column.name].quoted}"
    program = chain(TextPart(column.name, "words", name), Aggregate(name, aggregation))
    return Candidate(
        program,
        {"noun": noun},
        "number" if aggregation == "mean" else "integer",
        rounds=aggregation == "mean",
        form=" Leave out rows without text." if column.missing and aggregation == "mean" else "",
        variant=aggregation,
        settled=frozenset({"missing_as_zero"} if column.missing else ()),
    )


def _longest(draw: Draw) -> Candidate:
    column = draw.text(("label",))
    if not header_parts(column.name) & {"name", "title"} or is_half_name(column):
        raise CannotDraw  # "the longest parking lot" is not one of many characters
    name, end, direction = draw.free_name("length"), "longest", "largest"
    program = chain(TextPart(column.name, "length", name), Lookup(name, direction, column.name))
    return Candidate(program, {"end": end, "name": draw.say(column)}, "category", variant=direction)


def _most_frequent(draw: Draw) -> Candidate:
    column = draw.column(("category", "ordinal", "date_part"))
    if column.kind == "number" or not splits_rows(column, draw.profile.rows):
        raise CannotDraw  # no program takes the most frequent of numbers with decimals
    if column.role == "date_part" and column.unique > MAX_GROUPS:
        raise CannotDraw  # times of day to the second
    noun = f"most {draw.choice(('common', 'frequent'))} {draw.say(column)}"
    return Candidate(chain(MostFrequent(column.name)), {"noun": noun}, "category")


FAMILIES = (
    Family("text_contains", "text", _contains, CONTAINS, conditions=(0, 1), front=True),
    Family("text_words", "text", _words, VALUE, conditions=(0, 0)),
    Family("text_longest", "text", _longest, LONGEST, conditions=(0, 1), front=True),
    Family("most_frequent", "text", _most_frequent, PICK, weight=2),
)
