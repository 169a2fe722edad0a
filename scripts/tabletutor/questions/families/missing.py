"""Missing values: how many, where, and aggregates of the rows with or without them."""

from tabletutor.programs.grammar import Aggregate, BestGroup, Count, Group, Missing, MissingShare
from tabletutor.questions.draw import CannotDraw, Draw
from tabletutor.questions.family import Candidate, Family, chain, number_type
from tabletutor.questions.wording import AGGREGATION_WORDS, column_words


def _count(draw: Draw) -> Candidate:
    column = draw.incomplete()
    return Candidate(chain(Missing(column.name), Count()), {"column": column_words(column.name)}, "integer")


def _count_known(draw: Draw) -> Candidate:
    column = draw.incomplete()
    return Candidate(chain(Aggregate(column.name, "count")), {"column": column_words(column.name)}, "integer")


def _share(draw: Draw) -> Candidate:
    column = draw.incomplete()
    return Candidate(chain(MissingShare(column.name)), {"column": column_words(column.name)}, "percentage", unit="%")


def _aggregate(draw: Draw) -> Candidate:
    column, measure = draw.incomplete(), draw.measure()
    if column.name == measure.name:
        raise CannotDraw
    negated = draw.choice((True, True, False))
    step = Aggregate(measure.name, draw.aggregation(measure))
    slots = {
        "column": column_words(column.name),
        "state": draw.choice(("is known", "is not missing") if negated else ("is missing", "has no value")),
        "agg": draw.choice(AGGREGATION_WORDS[step.aggregation]),
        "measure": column_words(measure.name),
    }
    return Candidate(chain(Missing(column.name, negated), step), slots, number_type(step, measure.kind))


def _worst_group(draw: Draw) -> Candidate:
    column, by = draw.incomplete(), draw.category(least=3)
    slots = {"column": column_words(column.name), "by": column_words(by.name)}
    steps = (Missing(column.name), Group(by.name, "count"), BestGroup("largest"))
    return Candidate(chain(*steps), slots, "category")


FAMILIES = (
    Family(
        "missing_count",
        "missing",
        _count,
        (
            "How many [rows|records|entries] have no {column}?",
            "[Count|Find the number of] missing values in {column}.",
            "In how many [rows|records] is {column} missing?",
            "[Tell me|Report] how many {column} values are missing.",
            "How many values of {column} are [empty|absent]?",
            "How many gaps does {column} have?",
            "For how many [rows|records] was no {column} recorded?",
        ),
    ),
    Family(
        "present_count",
        "missing",
        _count_known,
        (
            "How many [rows|records|entries] have a known {column}?",
            "[Count|Find the number of] non-missing values in {column}.",
            "In how many [rows|records] is {column} present?",
            "[Tell me|Report] how many {column} values are not missing.",
            "How many values of {column} are known?",
            "For how many [rows|records] was a {column} recorded?",
        ),
    ),
    Family(
        "missing_share",
        "missing",
        _share,
        (
            "What percentage of [rows|records|entries] have no {column}?",
            "[Find|Compute] the percentage of missing values in {column}.",
            "In what percent of [rows|records] is {column} missing?",
            "[Tell me|Report] the share of missing {column} values, in percent.",
            "How many percent of the {column} values are missing?",
            "In percent, how incomplete is {column}?",
        ),
        rounds=True,
    ),
    Family(
        "missing_aggregate",
        "missing",
        _aggregate,
        (
            "What is the {agg} {measure} of [rows|records] where {column} {state}?",
            "Where {column} {state}, what is the {agg} {measure}?",
            "[Find|Compute] the {agg} {measure} over the [rows|records] where {column} {state}.",
            "For [rows|records] where {column} {state}, [give|report] the {agg} {measure}.",
            "Keep only [rows|records] where {column} {state}: what is the {agg} {measure}?",
            "If we restrict ourselves to rows where {column} {state}, what is the {agg} {measure}?",
        ),
        rounds=True,
    ),
    Family(
        "missing_worst_group",
        "missing",
        _worst_group,
        (
            "Which {by} has the most [rows|records] with missing {column}?",
            "For which {by} is {column} missing most often?",
            "[Find|Name] the {by} with the largest number of missing {column} values.",
            "Count the gaps in {column} for each {by}: which {by} has the most?",
        ),
    ),
)
