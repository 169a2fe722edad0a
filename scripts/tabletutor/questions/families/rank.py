"""Rank: the row with the largest or smallest value of a column, or the top rows."""

from tabletutor.programs.grammar import Aggregate, ListOf, Lookup, Top, Where
from tabletutor.questions.draw import Draw
from tabletutor.questions.family import Candidate, Family, chain
from tabletutor.questions.wording import DIRECTION_WORDS, column_words, equals_words


def _lookup(draw: Draw) -> Candidate:
    column, label = draw.measure(), draw.label()
    direction = draw.direction()
    slots = {
        "column": column_words(column.name),
        "label": column_words(label.name),
        "best": draw.choice(DIRECTION_WORDS[direction]),
    }
    return Candidate(chain(Lookup(column.name, direction, label.name)), slots, "category")


def _lookup_number(draw: Draw) -> Candidate:
    column, target = draw.measure(), draw.measure()
    direction = draw.direction()
    slots = {
        "column": column_words(column.name),
        "label": column_words(target.name),
        "best": draw.choice(DIRECTION_WORDS[direction]),
    }
    return Candidate(chain(Lookup(column.name, direction, target.name)), slots, "number")


def _lookup_where(draw: Draw) -> Candidate:
    condition, column, label = draw.category(), draw.measure(), draw.label()
    value, direction = draw.value(condition), draw.direction()
    slots = {
        "where": equals_words(condition.name, value, draw.source),
        "column": column_words(column.name),
        "label": column_words(label.name),
        "best": draw.choice(DIRECTION_WORDS[direction]),
    }
    steps = (Where(condition.name, "==", value), Lookup(column.name, direction, label.name))
    return Candidate(chain(*steps), slots, "category")


def _top_list(draw: Draw) -> Candidate:
    column, label = draw.measure(), draw.label()
    direction, n = draw.direction(), draw.choice((2, 3, 4, 5))
    slots = {
        "column": column_words(column.name),
        "label": column_words(label.name),
        "best": draw.choice(DIRECTION_WORDS[direction]),
        "n": str(n),
    }
    return Candidate(chain(Top(column.name, n, direction), ListOf(label.name)), slots, "list", item="category")


def _top_values(draw: Draw) -> Candidate:
    column = draw.measure()
    direction, n = draw.direction(), draw.choice((2, 3, 4, 5))
    slots = {"column": column_words(column.name), "best": draw.choice(DIRECTION_WORDS[direction]), "n": str(n)}
    return Candidate(chain(Top(column.name, n, direction), ListOf(column.name)), slots, "list", item="number")


def _top_mean(draw: Draw) -> Candidate:
    column, measure = draw.measure(), draw.measure()
    direction, n = draw.direction(), draw.choice((5, 10, 20))
    slots = {
        "column": column_words(column.name),
        "measure": column_words(measure.name),
        "best": draw.choice(DIRECTION_WORDS[direction]),
        "n": str(n),
    }
    return Candidate(chain(Top(column.name, n, direction), Aggregate(measure.name, "mean")), slots, "number")


FAMILIES = (
    Family(
        "lookup",
        "rank",
        _lookup,
        (
            "Which {label} has the {best} {column}?",
            "[Find|Give|Name] the {label} with the {best} {column}.",
            "What is the {label} of the [row|record|entry] with the {best} {column}?",
            "[Tell me|Report] the {label} for which {column} is {best}.",
            "For which {label} is {column} the {best}?",
            "Look up the {label} where {column} is {best}.",
            "{column} is {best} in one row: what {label} does that row have?",
            "Going by {column}, which {label} stands at the {best} end?",
        ),
    ),
    Family(
        "lookup_number",
        "rank",
        _lookup_number,
        (
            "What is the {label} of the [row|record|entry] with the {best} {column}?",
            "[Find|Give] the {label} of the [row|record] where {column} is {best}.",
            "In the [row|record] with the {best} {column}, what is {label}?",
            "[Tell me|Report] the value of {label} where {column} is {best}.",
            "Look up {label} in the [row|record] whose {column} is {best}.",
            "Go to the row with the {best} {column}; what {label} does it show?",
            "At the point where {column} is {best}, what value does {label} take?",
        ),
    ),
    Family(
        "lookup_where",
        "rank",
        _lookup_where,
        (
            "Among [rows|records|entries] {where}, which {label} has the {best} {column}?",
            "For [rows|records|entries] {where}, [find|name] the {label} with the {best} {column}.",
            "Considering only [rows|records] {where}, what is the {label} of the one with the {best} {column}?",
            "Which {label} has the {best} {column} among [rows|records|entries] {where}?",
            "Keep the [rows|records] {where}: which {label} has the {best} {column}?",
            "[Tell me|Report] the {label} where {column} is {best}, [rows|records] {where} only.",
            "Of the [rows|records] {where}, name the {label} whose {column} is {best}.",
        ),
    ),
    Family(
        "top_list",
        "rank",
        _top_list,
        (
            "List the {label} of the {n} [rows|records|entries] with the {best} {column}, {best} first.",
            "Which {n} {label} values have the {best} {column}? List them in order, {best} first.",
            "[Give|Name] the {label} of the {n} [rows|records] with the {best} {column}, in order.",
            "[Find|Report] the {n} {label} values with the {best} {column}, beginning with the {best}.",
            "By {column}, what are the {n} {best} [rows|records]? Give their {label} in order.",
            "Rank by {column} and list the first {n} {label} values, {best} first.",
            "Make a ranking of {label} by {column}, {best} first, and stop after {n}.",
        ),
    ),
    Family(
        "top_values",
        "rank",
        _top_values,
        (
            "List the {n} {best} values of {column}, {best} first.",
            "What are the {n} {best} {column} values, in order?",
            "[Give|Find] the {n} {best} values of {column}, beginning with the {best}.",
            "[Tell me|Report] the {n} {best} values in {column}, {best} first.",
            "Sort by {column}: what are the {n} {best} values?",
            "Which {n} values stand at the {best} end of {column}? Start with the {best}.",
        ),
    ),
    Family(
        "top_mean",
        "rank",
        _top_mean,
        (
            "What is the average {measure} of the {n} [rows|records] with the {best} {column}?",
            "Take the {n} [rows|records] with the {best} {column}: what is their mean {measure}?",
            "[Find|Compute] the mean {measure} over the {n} [rows|records] whose {column} is {best}.",
            "Among the {n} [rows|records] {best} in {column}, what is the average {measure}?",
        ),
        rounds=True,
    ),
)
