"""Rank: the row with the largest or smallest value, the first few rows, and the best row of each group."""

from collections.abc import Mapping

from tabletutor.programs.grammar import Aggregate, BestWithin, ListOf, Lookup, Top
from tabletutor.questions.columns import is_event
from tabletutor.questions.draw import CannotDraw, Draw
from tabletutor.questions.family import Candidate, Family, chain
from tabletutor.questions.frames import LIST, VALUE, WHICH
from tabletutor.questions.phrases import whose_values
from tabletutor.records.question import AnswerType
from tabletutor.records.table import NUMERIC, TEMPORAL, Kind

# The answer types of a value that is read off a row, by its column's kind; other kinds give a category.
ANSWER_TYPES: Mapping[Kind, AnswerType] = {
    "integer": "integer", "number": "number", "boolean": "boolean", "date": "date", "datetime": "date",
}  # fmt: skip
VALUES = (
    "What are the {n} {end} values of {name}{back}? List them in order, {end} first.",
    "{front}what are the {n} {end} values of {name}, starting with the {end}?",
    "[List|Give] the {n} {end} values of {name}{back}, {end} first.",
    "{front}list the {n} {end} values of {name} in order, {end} first.",
    "[Can|Could] you list the {n} {end} values of {name}{back}, starting with the {end}?",
    "Please report the {n} {end} values of {name}{back}, {end} first.",
    # held out
    "Sort {whole} by {name}: what are the {n} {end} values, starting with the {end}?",
    "I would like to see the {n} {end} values of {name}{back}, in order, {end} first.",
)

OTHER = (
    "What is the {other} of the row with {best}?",
    "Which {other} does the row with {best} have?",
    "Take the row with {best}: what is its {other}?",
    "[Can|Could] you tell me the {other} of the row with {best}?",
    "Please report the {other} of the row with {best}.",
    # held out
    "[Find|Look up] the row with {best} and read its {other}.",
    "One row has {best}. What does it say for {other}?",
)
BEST_WITHIN = (
    "Which {what} has {best} in each {by}?",
    "{front}which {what} has {best} in each {by}?",
    "For each {by}, [find|give] the {what} with {best}.",
    "[Can|Could] you tell me for each {by} which {what} has {best}?",
    "Please report the {what} with {best} for each {by}.",
    # held out
    "One {what} per {by}: which one has {best}?",
    "Group {whole} by {by}: which {what} of each group has {best}?",
)


def _lookup(draw: Draw) -> Candidate:
    label, column = draw.label(), draw.measure()
    direction = draw.direction()
    end, name = draw.end_of(column, direction), draw.say(column)
    slots = {"what": draw.say(label), "best": draw.best_of(column, direction), "noun": name, "end": end}
    return Candidate(chain(Lookup(column.name, direction, label.name)), slots, "category", variant=direction)


def _lookup_other(draw: Draw) -> Candidate:
    column = draw.measure()
    other = draw.column(("additive", "intensive", "duration", "category", "year", "date"))
    if other.kind in TEMPORAL and (other.grain == "year" or not is_event(other)):
        raise CannotDraw  # the birth of the oldest one, a first of January
    if other.role == "category" and other.kind in NUMERIC:
        raise CannotDraw  # the sex of the oldest one is 2
    direction = draw.direction()
    slots = {"other": draw.say(other), "best": draw.best_of(column, direction)}
    answer_type = ANSWER_TYPES.get(other.kind, "category")
    program = chain(Lookup(column.name, direction, other.name))
    return Candidate(program, slots, answer_type, variant=f"{direction}_{answer_type}")


def _top_list(draw: Draw) -> Candidate:
    label, column = draw.label(), draw.measure()
    direction, n = draw.direction(), draw.choice((3, 3, 5))
    end, name = draw.end_of(column, direction), draw.say(column)
    best = draw.best_of(column, direction)
    order = draw.choice((f"Start with the {end}.", f"List them in order, {end} first."))
    if draw.spoken[column.name].counted is not None:  # no number of seats is "the largest" of "the most seats"
        order = f"Start with the one with {best}."
    slots = {
        "whats": draw.say_many(label),
        "best": best,
        "noun": name,
        "n": str(n),
        "order": order,
    }
    return Candidate(chain(Top(column.name, n, direction), ListOf(label.name)), slots, "list", item="category")


def _top_values(draw: Draw) -> Candidate:
    column, n, direction = draw.measure(), draw.choice((3, 3, 5)), draw.direction()
    end = draw.end_of(column, direction)
    slots = {"n": str(n), "end": end, "name": whose_values(draw, column)}
    item = "integer" if column.kind == "integer" else "number"
    return Candidate(chain(Top(column.name, n, direction), ListOf(column.name)), slots, "list", item=item)


def _top_mean(draw: Draw) -> Candidate:
    column, measure = draw.measure(), draw.measure()
    direction, n = draw.direction(), draw.choice((5, 10, 20))
    noun = f"average {draw.say(measure)} of the {n} rows with {draw.best_of(column, direction)}"
    program = chain(Top(column.name, n, direction), Aggregate(measure.name, "mean"))
    return Candidate(program, {"noun": noun}, "number", rounds=True, variant=direction)


def _best_within(draw: Draw) -> Candidate:
    by, label, column = draw.group(most=8), draw.label(), draw.measure()
    direction = draw.direction()
    form = draw.choice(("Answer with a dictionary from {} to {}.", "Give a mapping from {} to {}."))
    return Candidate(
        chain(BestWithin(by.name, column.name, direction, label.name)),
        {"what": draw.say(label), "best": draw.best_of(column, direction), "by": draw.say_group(by)},
        "mapping",
        item="category",
        form=f" {form.format(draw.say(by), draw.say(label))}"
        + (f" Leave out rows without {draw.say(by)}." if by.missing else ""),
        variant=direction,
    )


FAMILIES = (
    Family("lookup", "rank", _lookup, WHICH, weight=4),
    Family("lookup_other", "rank", _lookup_other, OTHER, conditions=(0, 1), front=True, weight=2),
    Family("top_list", "rank", _top_list, LIST, weight=2),
    Family("top_values", "rank", _top_values, VALUES, conditions=(0, 1), front=True),
    Family("top_mean", "rank", _top_mean, VALUE, conditions=(0, 1), front=True),
    Family("best_within", "rank", _best_within, BEST_WITHIN, conditions=(0, 1), front=True),
)
