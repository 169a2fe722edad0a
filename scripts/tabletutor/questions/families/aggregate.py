"""Aggregate: one number from a whole column, or from a column computed from two others."""

from typing import Literal

from tabletutor.programs.grammar import Aggregate, Arithmetic, Lookup, Quantile, Span
from tabletutor.questions.draw import CannotDraw, Draw, is_additive
from tabletutor.questions.family import Candidate, Family, chain, number_type
from tabletutor.questions.wording import AGGREGATION_WORDS, DIRECTION_WORDS, column_words


def _aggregate(draw: Draw) -> Candidate:
    column = draw.measure()
    step = Aggregate(column.name, draw.aggregation(column, ("mean", "sum", "max", "min", "median", "std")))
    slots = {"agg": draw.choice(AGGREGATION_WORDS[step.aggregation]), "column": column_words(column.name)}
    return Candidate(chain(step), slots, number_type(step, column.kind))


def _distinct(draw: Draw) -> Candidate:
    column = draw.choice((draw.category(most=10_000), draw.text()))
    step = Aggregate(column.name, "nunique")
    return Candidate(chain(step), {"column": column_words(column.name)}, "integer")


def _quantile(draw: Draw) -> Candidate:
    column, percent = draw.measure(), draw.choice((10, 25, 75, 90))
    slots = {"column": column_words(column.name), "percent": str(percent)}
    return Candidate(chain(Quantile(column.name, percent / 100)), slots, "number")


def _span(draw: Draw) -> Candidate:
    column = draw.measure()
    return Candidate(chain(Span(column.name)), {"column": column_words(column.name)}, "number")


def _aggregate_of_two(draw: Draw, left: str, operator: Literal["+", "-", "/"], right: str, derived: str) -> Candidate:
    """Return an aggregate of a column that is computed from two others."""
    name = draw.free_name(derived)
    step = Aggregate(name, draw.choice(("mean", "max", "min", "median")))
    slots = {
        "left": column_words(left),
        "right": column_words(right),
        "agg": draw.choice(AGGREGATION_WORDS[step.aggregation]),
    }
    return Candidate(chain(Arithmetic(left, operator, right, name), step), slots, "number")


def _difference(draw: Draw) -> Candidate:
    left, right = draw.measure(complete=True), draw.measure(complete=True)
    return _aggregate_of_two(draw, left.name, "-", right.name, "difference")


def _ratio(draw: Draw) -> Candidate:
    left, right = draw.measure(complete=True), draw.measure(complete=True)
    if right.min is None or not isinstance(right.min, int | float) or right.min <= 0:
        raise CannotDraw
    return _aggregate_of_two(draw, left.name, "/", right.name, "ratio")


def _sum_of_two(draw: Draw) -> Candidate:
    left, right = draw.measure(additive=True, complete=True), draw.measure(additive=True, complete=True)
    return _aggregate_of_two(draw, left.name, "+", right.name, "total")


def _derived_lookup(draw: Draw) -> Candidate:
    left, right, label = draw.measure(complete=True), draw.measure(complete=True), draw.label()
    if not (is_additive(left.name) and is_additive(right.name)):
        raise CannotDraw
    name, direction = draw.free_name("difference"), draw.direction()
    slots = {
        "left": column_words(left.name),
        "right": column_words(right.name),
        "label": column_words(label.name),
        "best": draw.choice(DIRECTION_WORDS[direction]),
    }
    steps = (Arithmetic(left.name, "-", right.name, name), Lookup(name, direction, label.name))
    return Candidate(chain(*steps), slots, "category")


FAMILIES = (
    Family(
        "aggregate_column",
        "aggregate",
        _aggregate,
        (
            "What is the {agg} {column}?",
            "[Find|Give|Compute|Calculate] the {agg} {column} [over all rows|of the whole table|in the table].",
            "[Tell me|Report] the {agg} {column}.",
            "Over all [rows|records|entries], what is the {agg} {column}?",
            "{agg} {column}, please.",
            "Taking the whole table, what is the {agg} {column}?",
            "What value does the {agg} {column} have?",
            "Work out the {agg} {column} across every [row|record|entry].",
        ),
        rounds=True,
    ),
    Family(
        "distinct_count",
        "aggregate",
        _distinct,
        (
            "How many [different|distinct|unique] values does {column} have?",
            "[Count|Find the number of] [different|distinct|unique] values of {column}.",
            "What is the number of [different|distinct] values in {column}?",
            "[Tell me|Report] how many [different|unique] {column} values there are.",
            "How many [different|distinct|unique] values occur in {column}?",
            "Leaving out repeats, how many values does {column} hold?",
            "{column} repeats itself: how many values remain once duplicates are removed?",
        ),
    ),
    Family(
        "quantile_column",
        "aggregate",
        _quantile,
        (
            "What is the {percent}th percentile of {column}?",
            "[Find|Compute] the {percent}% quantile of {column}.",
            "Below which value do {percent} percent of the {column} values lie (linear interpolation)?",
            "[Tell me|Report] the {percent}th percentile of {column}.",
        ),
        rounds=True,
    ),
    Family(
        "span_column",
        "aggregate",
        _span,
        (
            "What is the range of {column} (largest minus smallest)?",
            "How far apart are the largest and the smallest {column}?",
            "[Find|Compute] the difference between the [highest|maximum] and the [lowest|minimum] {column}.",
            "[Tell me|Report] the range of {column}.",
            "By how much does the maximum of {column} exceed its minimum?",
            "How wide is the spread of {column} from minimum to maximum?",
            "From its smallest to its largest value, what distance does {column} cover?",
        ),
        rounds=True,
    ),
    Family(
        "difference_of_columns",
        "derive",
        _difference,
        (
            "What is the {agg} difference {left} minus {right}?",
            "[Find|Compute] the {agg} of {left} minus {right} over all [rows|records].",
            "Subtract {right} from {left} in each [row|record]: what is the {agg} result?",
            "[Tell me|Report] the {agg} value of {left} minus {right}.",
            "For each [row|record] take {left} minus {right}. What is the {agg} of these differences?",
            "If {right} is taken away from {left} row by row, what is the {agg} difference?",
            "How large is the {agg} gap {left} minus {right}?",
        ),
        rounds=True,
    ),
    Family(
        "ratio_of_columns",
        "derive",
        _ratio,
        (
            "What is the {agg} ratio of {left} to {right}?",
            "[Find|Compute] the {agg} of {left} divided by {right} over all [rows|records].",
            "Divide {left} by {right} in each [row|record]: what is the {agg} result?",
            "[Tell me|Report] the {agg} value of {left} divided by {right}.",
            "For each [row|record] take {left} divided by {right}. What is the {agg} of these ratios?",
            "Row by row, {left} per {right}: what is the {agg}?",
            "How large is the {agg} quotient of {left} over {right}?",
        ),
        rounds=True,
    ),
    Family(
        "sum_of_columns",
        "derive",
        _sum_of_two,
        (
            "What is the {agg} of {left} plus {right}?",
            "[Find|Compute] the {agg} sum of {left} and {right} over all [rows|records].",
            "Add {left} and {right} in each [row|record]: what is the {agg} result?",
            "[Tell me|Report] the {agg} value of {left} plus {right}.",
            "For each [row|record] add {right} to {left}. What is the {agg} of these sums?",
            "Together, {left} and {right} make a total for each row: what is the {agg} total?",
            "How large is the {agg} sum when {left} and {right} are added row by row?",
        ),
        rounds=True,
    ),
    Family(
        "derived_lookup",
        "derive",
        _derived_lookup,
        (
            "Which {label} has the {best} difference {left} minus {right}?",
            "[Find|Give] the {label} for which {left} minus {right} is {best}.",
            "Subtract {right} from {left} in each row: which {label} comes out {best}?",
            "Where is {left} minus {right} the {best}? Name the {label}.",
        ),
    ),
)
