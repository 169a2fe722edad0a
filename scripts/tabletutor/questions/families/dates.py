"""Dates: years, months and weekdays, durations, first and last days."""

from tabletutor.programs.grammar import (
    Aggregate,
    BestGroup,
    Count,
    DatePart,
    DatePartName,
    DaysBetween,
    Group,
    Lookup,
    Where,
)
from tabletutor.questions.draw import CannotDraw, Draw
from tabletutor.questions.family import Candidate, Family, chain, number_type
from tabletutor.questions.wording import (
    AGGREGATION_WORDS,
    DIRECTION_WORDS,
    column_words,
    date_compares_words,
    date_part_words,
)
from tabletutor.records.table import ColumnProfile

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _years(column: ColumnProfile) -> tuple[int, int]:
    if not isinstance(column.min, str) or not isinstance(column.max, str):
        raise CannotDraw
    return int(column.min[:4]), int(column.max[:4])


def _part(draw: Draw, column: ColumnProfile) -> tuple[DatePart, int | str]:
    first, last = _years(column)
    part: DatePartName = draw.choice(("year", "month", "weekday") if last > first else ("month", "weekday"))
    value: int | str
    if part == "year":
        value = draw.source.randint(first, last)
    elif part == "month":
        value = draw.source.randint(1, 12)
    else:
        value = draw.choice(WEEKDAYS)
    return DatePart(column.name, part, draw.free_name(part)), value


def _count_part(draw: Draw) -> Candidate:
    column = draw.date()
    step, value = _part(draw, column)
    slots = {"where": date_part_words(column.name, step.part, value)}
    return Candidate(chain(step, Where(step.name, "==", value), Count()), slots, "integer")


def _aggregate_part(draw: Draw) -> Candidate:
    column, measure = draw.date(), draw.measure()
    step, value = _part(draw, column)
    last = Aggregate(measure.name, draw.aggregation(measure))
    slots = {
        "where": date_part_words(column.name, step.part, value),
        "agg": draw.choice(AGGREGATION_WORDS[last.aggregation]),
        "measure": column_words(measure.name),
    }
    return Candidate(chain(step, Where(step.name, "==", value), last), slots, number_type(last, measure.kind))


def _part_slots(draw: Draw, column: ColumnProfile) -> tuple[DatePart, dict[str, str], str]:
    first, last = _years(column)
    part: DatePartName = draw.choice(("year", "month", "weekday") if last - first > 1 else ("month", "weekday"))
    step = DatePart(column.name, part, draw.free_name(part))
    words = {"year": "year", "month": "month (1 to 12)", "weekday": "day of the week (by its English name)"}[part]
    return step, {"part": words, "column": column_words(column.name)}, part


def _busiest(draw: Draw) -> Candidate:
    column = draw.date()
    step, slots, part = _part_slots(draw, column)
    kind = "category" if part == "weekday" else "integer"
    return Candidate(chain(step, Group(step.name, "count"), BestGroup("largest")), slots, kind)


def _best_part(draw: Draw) -> Candidate:
    column, measure = draw.date(), draw.measure()
    step, slots, part = _part_slots(draw, column)
    direction = draw.direction()
    group = Group(step.name, draw.aggregation(measure, ("mean", "mean", "sum", "max", "median")), measure.name)
    slots |= {
        "agg": draw.choice(AGGREGATION_WORDS[group.aggregation]),
        "measure": column_words(measure.name),
        "best": draw.choice(DIRECTION_WORDS[direction]),
    }
    kind = "category" if part == "weekday" else "integer"
    return Candidate(chain(step, group, BestGroup(direction)), slots, kind)


def _count_range(draw: Draw) -> Candidate:
    column = draw.date()
    first, last = _years(column)
    day = f"{draw.source.randint(first, last):04d}-{draw.source.randint(1, 12):02d}-{draw.choice((1, 15)):02d}"
    comparison = draw.choice((">", ">=", "<", "<="))
    slots = {"where": date_compares_words(column.name, comparison, day, draw.source)}
    return Candidate(chain(Where(column.name, comparison, day), Count()), slots, "integer")


def _extreme(draw: Draw) -> Candidate:
    column = draw.date()
    step = Aggregate(column.name, draw.choice(("min", "max")))
    slots = {
        "column": column_words(column.name),
        "end": draw.choice(("earliest", "first") if step.aggregation == "min" else ("latest", "last", "most recent")),
    }
    return Candidate(chain(step), slots, "date")


def _date_of_extreme(draw: Draw) -> Candidate:
    column, measure = draw.date(), draw.measure()
    direction = draw.direction()
    slots = {
        "column": column_words(column.name),
        "measure": column_words(measure.name),
        "best": draw.choice(DIRECTION_WORDS[direction]),
    }
    return Candidate(chain(Lookup(measure.name, direction, column.name)), slots, "date")


def _duration(draw: Draw) -> Candidate:
    first, second = draw.date(), draw.date()
    if str(first.min) > str(second.min):
        first, second = second, first
    name = draw.free_name("days")
    step = Aggregate(name, draw.choice(("mean", "max", "min", "median")))
    slots = {
        "start": column_words(first.name),
        "end": column_words(second.name),
        "agg": draw.choice(AGGREGATION_WORDS[step.aggregation]),
    }
    return Candidate(chain(DaysBetween(first.name, second.name, name), step), slots, "number")


FAMILIES = (
    Family(
        "date_count_part",
        "date",
        _count_part,
        (
            "How many [rows|records|entries] are there {where}?",
            "[Count|Find the number of] [rows|records|entries] {where}.",
            "What is the number of [rows|records|entries] {where}?",
            "[Tell me|Report] how many [rows|records] there are {where}.",
            "Number of [rows|records|entries] {where}?",
            "Looking only at [rows|records] {where}, how many do you see?",
        ),
    ),
    Family(
        "date_aggregate_part",
        "date",
        _aggregate_part,
        (
            "What is the {agg} {measure} of [rows|records] {where}?",
            "For [rows|records] {where}, [find|compute] the {agg} {measure}.",
            "Among [rows|records] {where}, what is the {agg} {measure}?",
            "[Tell me|Report] the {agg} {measure} for [rows|records] {where}.",
        ),
        rounds=True,
    ),
    Family(
        "date_busiest_part",
        "date",
        _busiest,
        (
            "In which {part} of {column} are there the most [rows|records]?",
            "Which {part} of {column} occurs most often?",
            "Count the [rows|records] by the {part} of {column}: which one has the most?",
            "[Find|Name] the {part} of {column} with the most [rows|records].",
            "Going by {column}, which {part} has the most [rows|records]?",
            "By {part} of {column}, where do most [rows|records] fall?",
        ),
    ),
    Family(
        "date_best_part",
        "date",
        _best_part,
        (
            "In which {part} of {column} is the {agg} {measure} {best}?",
            "Which {part} of {column} has the {best} {agg} {measure}?",
            "Group by the {part} of {column}: which one has the {best} {agg} {measure}?",
            "[Find|Name] the {part} of {column} with the {best} {agg} {measure}.",
            "Going by {column}, in which {part} is the {agg} {measure} {best}?",
            "By {part} of {column}, where does the {agg} {measure} come out {best}?",
        ),
    ),
    Family(
        "date_count_range",
        "date",
        _count_range,
        (
            "How many [rows|records|entries] are there {where}?",
            "[Count|Find the number of] [rows|records|entries] {where}.",
            "What is the number of [rows|records|entries] {where}?",
            "[Tell me|Report] how many [rows|records] there are {where}.",
            "Number of [rows|records|entries] {where}?",
            "Looking only at [rows|records] {where}, how many do you see?",
        ),
    ),
    Family(
        "date_extreme",
        "date",
        _extreme,
        (
            "What is the {end} {column}?",
            "[Find|Give] the {end} {column} in the table.",
            "[Tell me|Report] the {end} {column}.",
            "Which date is the {end} {column}?",
            "When is the {end} {column}?",
            "What date does the {end} {column} fall on?",
        ),
    ),
    Family(
        "date_of_extreme",
        "date",
        _date_of_extreme,
        (
            "What is the {column} of the [row|record] with the {best} {measure}?",
            "On which {column} is {measure} {best}?",
            "[Find|Give] the {column} where {measure} is {best}.",
            "[Tell me|Report] the {column} for which {measure} is the {best}.",
            "When ({column}) does {measure} reach its {best} value?",
            "Look up the {column} at which {measure} was {best}.",
        ),
    ),
    Family(
        "date_duration",
        "date",
        _duration,
        (
            "What is the {agg} number of days from {start} to {end}?",
            "[Find|Compute] the {agg} number of days between {start} and {end}.",
            "How many days pass from {start} to {end}? Give the {agg}.",
            "For each [row|record] take the days from {start} to {end}: what is the {agg}?",
            "In days, what is the {agg} time from {start} to {end}?",
            "From {start} until {end}: {agg} number of days?",
        ),
        rounds=True,
    ),
)
