"""Phrases: the words of aggregates, ends of a ranking and limits, which families put into the slots of their wordings."""

from collections.abc import Mapping

from tabletutor.programs.grammar import Aggregate, Aggregation, Direction
from tabletutor.questions.draw import Draw
from tabletutor.questions.superlatives import superlative
from tabletutor.questions.wording import AGGREGATION_WORDS, COMPARISON_WORDS, value_words
from tabletutor.records.question import AnswerType
from tabletutor.records.table import ColumnProfile

COUNT_ENDS: Mapping[Direction, tuple[str, ...]] = {"largest": ("most",), "smallest": ("fewest",)}
ENDS: Mapping[Direction, tuple[str, ...]] = {"largest": ("highest", "largest"), "smallest": ("lowest", "smallest")}


def aggregate_noun(draw: Draw, aggregation: Aggregation, column: ColumnProfile) -> str:
    """Return an aggregate of a column as a noun without an article: "average fare", "highest fare"."""
    if aggregation in ("min", "max"):
        word = draw.choice(superlative(column, "largest" if aggregation == "max" else "smallest"))
        return f"{word} {draw.say(column)}"
    words = draw.choice(AGGREGATION_WORDS[aggregation])
    return f"{words} {draw.say_many(column) if aggregation == 'nunique' else draw.say(column)}"


def aggregate_type(aggregation: Aggregation, column: ColumnProfile) -> AnswerType:
    """Return the answer type of an aggregate of a numeric column."""
    counts = aggregation in ("nunique", "count")
    whole = column.kind == "integer" and aggregation in ("sum", "min", "max")
    return "integer" if counts or whole else "number"


def step_type(step: Aggregate, column: ColumnProfile) -> AnswerType:
    """Return the answer type of an aggregate step."""
    return aggregate_type(step.aggregation, column)


def end_of_numbers(draw: Draw, direction: Direction) -> str:
    """Return "highest" or the like, for a number that is computed."""
    return draw.choice(ENDS[direction])


def limit_words(draw: Draw, comparison: str, value: float) -> str:
    """Return a comparison with a number: "above 20"."""
    return f"{draw.choice(COMPARISON_WORDS[comparison])} {value_words(value)}"  # pyright: ignore[reportArgumentType]
