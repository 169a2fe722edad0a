"""Filter: count or aggregate the rows that meet one or two conditions."""

from tabletutor.programs.grammar import Aggregate, BeyondStatistic, Count, OneOf, Span, Where
from tabletutor.questions.draw import Draw
from tabletutor.questions.family import Candidate, Family, chain, number_type
from tabletutor.questions.wording import (
    AGGREGATION_WORDS,
    column_words,
    compares_words,
    equals_words,
    one_of_words,
)


def _count_where(draw: Draw) -> Candidate:
    column = draw.category()
    value = draw.value(column)
    where = equals_words(column.name, value, draw.source)
    return Candidate(chain(Where(column.name, "==", value), Count()), {"where": where}, "integer")


def _count_threshold(draw: Draw) -> Candidate:
    column = draw.measure()
    comparison, value = draw.comparison(), draw.threshold(column)
    where = compares_words(column.name, comparison, value, draw.source)
    return Candidate(chain(Where(column.name, comparison, value), Count()), {"where": where}, "integer")


def _count_two(draw: Draw) -> Candidate:
    column, measure = draw.category(), draw.measure()
    value, comparison, threshold = draw.value(column), draw.comparison(), draw.threshold(measure)
    slots = {
        "where": equals_words(column.name, value, draw.source),
        "other": compares_words(measure.name, comparison, threshold, draw.source),
    }
    steps = (Where(column.name, "==", value), Where(measure.name, comparison, threshold), Count())
    return Candidate(chain(*steps), slots, "integer")


def _count_either(draw: Draw) -> Candidate:
    column = draw.category(least=3)
    values = draw.values(column, 2)
    where = one_of_words(column.name, values, draw.source)
    return Candidate(chain(OneOf(column.name, tuple(values)), Count()), {"where": where}, "integer")


def _aggregate_where(draw: Draw) -> Candidate:
    column, measure = draw.category(), draw.measure()
    value, step = draw.value(column), Aggregate(measure.name, draw.aggregation(measure))
    slots = {
        "where": equals_words(column.name, value, draw.source),
        "agg": draw.choice(AGGREGATION_WORDS[step.aggregation]),
        "measure": column_words(measure.name),
    }
    return Candidate(chain(Where(column.name, "==", value), step), slots, number_type(step, measure.kind))


def _aggregate_threshold(draw: Draw) -> Candidate:
    column, measure = draw.measure(), draw.measure()
    comparison, threshold = draw.comparison(), draw.threshold(column)
    step = Aggregate(measure.name, draw.aggregation(measure))
    slots = {
        "where": compares_words(column.name, comparison, threshold, draw.source),
        "agg": draw.choice(AGGREGATION_WORDS[step.aggregation]),
        "measure": column_words(measure.name),
    }
    return Candidate(chain(Where(column.name, comparison, threshold), step), slots, number_type(step, measure.kind))


def _aggregate_two(draw: Draw) -> Candidate:
    column, limit, measure = draw.category(), draw.measure(), draw.measure()
    value, comparison, threshold = draw.value(column), draw.comparison(), draw.threshold(limit)
    step = Aggregate(measure.name, draw.aggregation(measure))
    slots = {
        "where": equals_words(column.name, value, draw.source),
        "other": compares_words(limit.name, comparison, threshold, draw.source),
        "agg": draw.choice(AGGREGATION_WORDS[step.aggregation]),
        "measure": column_words(measure.name),
    }
    steps = (Where(column.name, "==", value), Where(limit.name, comparison, threshold), step)
    return Candidate(chain(*steps), slots, number_type(step, measure.kind))


def _count_beyond(draw: Draw) -> Candidate:
    column = draw.measure()
    step = BeyondStatistic(column.name, draw.choice((">", "<")), draw.choice(("mean", "mean", "median")))
    slots = {
        "column": column_words(column.name),
        "side": "above" if step.comparison == ">" else "below",
        "stat": draw.choice(AGGREGATION_WORDS[step.statistic]),
    }
    return Candidate(chain(step, Count()), slots, "integer")


def _aggregate_beyond(draw: Draw) -> Candidate:
    column, measure = draw.measure(), draw.measure()
    condition = BeyondStatistic(column.name, draw.choice((">", "<")), "mean")
    step = Aggregate(measure.name, draw.aggregation(measure, ("mean", "sum", "median", "max")))
    slots = {
        "column": column_words(column.name),
        "side": "above" if condition.comparison == ">" else "below",
        "agg": draw.choice(AGGREGATION_WORDS[step.aggregation]),
        "measure": column_words(measure.name),
    }
    return Candidate(chain(condition, step), slots, number_type(step, measure.kind))


def _span_where(draw: Draw) -> Candidate:
    column, measure = draw.category(), draw.measure()
    value = draw.value(column)
    slots = {"where": equals_words(column.name, value, draw.source), "measure": column_words(measure.name)}
    return Candidate(chain(Where(column.name, "==", value), Span(measure.name)), slots, "number")


_COUNT_WORDINGS = (
    "How many [rows|records|entries] are there {where}?",
    "[Count|Count up] the [rows|records|entries] {where}.",
    "[What is|Give|Find] the number of [rows|records|entries] {where}.",
    "[Tell me|Report] how many [rows|records|entries] there are {where}.",
    "Of all [rows|records|entries], how many are those {where}?",
    "Number of [rows|records|entries] {where}?",
    "[Please work out|Determine] how often the table has [rows|records|entries] {where}.",
    "Looking only at [rows|records|entries] {where}, how many do you see?",
)

FAMILIES = (
    Family("count_where", "filter", _count_where, _COUNT_WORDINGS),
    Family("count_threshold", "filter", _count_threshold, _COUNT_WORDINGS),
    Family(
        "count_two_conditions",
        "filter",
        _count_two,
        (
            "How many [rows|records|entries] {where} are also [rows|records|entries] {other}?",
            "[Count|Find the number of] [rows|records|entries] {where} and {other}.",
            "Among [rows|records|entries] {where}, how many are there {other}?",
            "[Tell me|Report] how many [rows|records|entries] there are {where} and at the same time {other}.",
            "[What is|Give] the number of [rows|records|entries] {where}, and {other}?",
            "How many [rows|records|entries] are there {where} and {other}?",
            "Both conditions hold: [rows|records|entries] {where}, and {other}. How many are there?",
            "Take the [rows|records|entries] {where}; how many of them are [rows|records|entries] {other}?",
        ),
    ),
    Family("count_either", "filter", _count_either, _COUNT_WORDINGS),
    Family(
        "aggregate_where",
        "filter",
        _aggregate_where,
        (
            "What is the {agg} {measure} of [rows|records|entries] {where}?",
            "[Find|Give|Compute] the {agg} {measure} for [rows|records|entries] {where}.",
            "For [rows|records|entries] {where}, what is the {agg} {measure}?",
            "[Tell me|Report] the {agg} {measure} among [rows|records|entries] {where}.",
            "Among [rows|records|entries] {where}, [find|calculate] the {agg} {measure}.",
            "Considering only [rows|records|entries] {where}, what is the {agg} {measure}?",
            "{agg} {measure}, [rows|records|entries] {where} only?",
            "If we keep just the [rows|records|entries] {where}, what does the {agg} {measure} come to?",
        ),
        rounds=True,
    ),
    Family(
        "aggregate_threshold",
        "filter",
        _aggregate_threshold,
        (
            "What is the {agg} {measure} of [rows|records|entries] {where}?",
            "[Find|Give|Compute] the {agg} {measure} for [rows|records|entries] {where}.",
            "For [rows|records|entries] {where}, what is the {agg} {measure}?",
            "[Tell me|Report] the {agg} {measure} among [rows|records|entries] {where}.",
            "Among [rows|records|entries] {where}, [find|calculate] the {agg} {measure}.",
            "Considering only [rows|records|entries] {where}, what is the {agg} {measure}?",
            "Leave out everything but [rows|records|entries] {where}: what is the {agg} {measure}?",
            "How large is the {agg} {measure} once we look only at [rows|records|entries] {where}?",
        ),
        rounds=True,
    ),
    Family(
        "aggregate_two_conditions",
        "filter",
        _aggregate_two,
        (
            "What is the {agg} {measure} of [rows|records|entries] {where} and {other}?",
            "Among [rows|records|entries] {where} and {other}, what is the {agg} {measure}?",
            "[Find|Compute] the {agg} {measure} for [rows|records|entries] {where}, and {other}.",
            "Take the [rows|records|entries] {where}; of these, keep those {other}. What is their {agg} {measure}?",
        ),
        rounds=True,
    ),
    Family(
        "count_beyond_average",
        "filter",
        _count_beyond,
        (
            "How many [rows|records|entries] have a {column} {side} the {stat} {column}?",
            "[Count|Find the number of] [rows|records|entries] whose {column} is {side} the {stat} {column}.",
            "[Tell me|Report] how many [rows|records|entries] are {side} the {stat} in {column}.",
            "In how many [rows|records|entries] is {column} {side} its {stat}?",
            "What is the number of [rows|records|entries] with {column} {side} the {stat}?",
            "The {stat} of {column} splits the table: how many [rows|records|entries] are {side} it?",
            "How often does {column} lie {side} its own {stat}?",
        ),
    ),
    Family(
        "aggregate_beyond_average",
        "filter",
        _aggregate_beyond,
        (
            "What is the {agg} {measure} of [rows|records|entries] with {side}-average {column}?",
            "Among [rows|records|entries] whose {column} is {side} the average, what is the {agg} {measure}?",
            "[Find|Compute] the {agg} {measure} for [rows|records|entries] with {column} {side} its mean.",
            "Keep the [rows|records|entries] where {column} is {side} its mean; what is the {agg} {measure}?",
        ),
        rounds=True,
    ),
    Family(
        "span_where",
        "filter",
        _span_where,
        (
            "What is the range of {measure} (largest minus smallest) for [rows|records|entries] {where}?",
            "For [rows|records|entries] {where}, how far apart are the largest and the smallest {measure}?",
            "Find the difference between the highest and lowest {measure} among [rows|records|entries] {where}.",
            "How wide is the spread of {measure} from minimum to maximum for [rows|records|entries] {where}?",
        ),
        rounds=True,
    ),
)
