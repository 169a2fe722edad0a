"""Phrases: the words of aggregates, ends of a ranking and limits, for the slots of wordings."""

from collections.abc import Mapping, Sequence

from tabletutor.programs.grammar import Aggregation, Comparison, Direction
from tabletutor.questions.draw import CannotDraw, Draw
from tabletutor.questions.superlatives import with_superlative
from tabletutor.questions.wording import AGGREGATION_WORDS, COMPARISON_WORDS, value_words
from tabletutor.records.question import AnswerType
from tabletutor.records.table import ColumnProfile

PLAIN = {"greatest": "highest", "largest": "highest", "smallest": "lowest"}  # of a mean
ENDS: Mapping[Direction, tuple[str, ...]] = {"largest": ("highest", "largest"), "smallest": ("lowest", "smallest")}


def aggregate_noun(draw: Draw, aggregation: Aggregation, column: ColumnProfile) -> str:
    """Return an aggregate of a column as a noun without an article: "average fare", "highest fare"."""
    if aggregation == draw.spoken[column.name].statistic:
        raise CannotDraw  # the total of a "total cost" is no question
    if aggregation in ("min", "max"):
        return with_superlative(
            draw.end_of(column, "largest" if aggregation == "max" else "smallest"), draw.say(column)
        )
    if aggregation in draw.spoken[column.name].clashes:  # "total cost" is another column
        return f"{'sum' if aggregation == 'sum' else aggregation} of {draw.say(column)}"
    return f"{draw.choice(AGGREGATION_WORDS[aggregation])} {draw.say(column)}"


def whose_values(draw: Draw, column: ColumnProfile) -> str:
    """Return a column after "values of": "the number of seats", but "Enroll" and not "the Enroll value"."""
    spoken = draw.spoken[column.name]
    return spoken.quoted if spoken.singular == f"{spoken.quoted} value" else draw.say_the(column)


def two_groups(draw: Draw, by: ColumnProfile, values: Sequence[str]) -> str:
    """Return two groups of a column, its header once: "sex 'male' and 'female'"."""
    return f"{draw.say(by)} {value_words(values[0])} and {value_words(values[1])}"


def total_of(draw: Draw, column: ColumnProfile) -> str:
    """Return "total sales"; of a column that is a total itself, its own words."""
    said = draw.say(column)
    return said if draw.spoken[column.name].statistic == "sum" else f"total {said}"


def aggregate_type(aggregation: Aggregation, column: ColumnProfile) -> AnswerType:
    """Return the answer type of an aggregate of a numeric column."""
    return "integer" if column.kind == "integer" and aggregation in ("sum", "min", "max") else "number"


def end_of_aggregate(draw: Draw, aggregation: Aggregation, column: ColumnProfile | None, direction: Direction) -> str:
    """Return the end of a ranking by an aggregate: "highest" for an average fare, "largest" for a total."""
    if column is None or aggregation == "sum":
        return draw.choice(ENDS[direction])
    end = draw.end_of(column, direction)
    return PLAIN.get(end, end)


def limit_words(draw: Draw, comparison: Comparison, value: float) -> str:
    """Return a comparison of a measure with a number: "above 20"."""
    return f"{draw.choice(COMPARISON_WORDS[comparison])} {value_words(value)}"


def with_of(limit: str) -> str:
    """Return a limit after "a fare": "of more than 20", but "above 20"."""
    return f"of {limit}" if limit.startswith(("at ", "no ", "more ", "less ")) else limit


def count_limit_words(draw: Draw, comparison: Comparison, value: float) -> str:
    """Return a comparison of a count of rows with a number: "at least 20"."""
    words = {">": ("more than", "over"), ">=": ("at least",), "<": ("fewer than",), "<=": ("at most",)}
    return f"{draw.choice(words[comparison])} {value_words(value)}"
