"""Time: periods and parts of dates, growth from one period to the next, running values, streaks, first and last."""

from collections.abc import Sequence
from typing import Literal

from tabletutor.programs.grammar import (
    Aggregate,
    Along,
    BestGroup,
    DatePart,
    DatePartName,
    DaysBetween,
    Edge,
    Group,
    GroupMapping,
    GroupValue,
    Lookup,
    Period,
    Running,
    Sort,
    Streak,
)
from tabletutor.questions.columns import is_natural, is_series
from tabletutor.questions.conditions import date_parts, date_years
from tabletutor.questions.draw import MEASURES, SUMMABLE, CannotDraw, Draw
from tabletutor.questions.family import Candidate, Family, chain
from tabletutor.questions.frames import MAPPING, PICK, VALUE, WHEN
from tabletutor.questions.phrases import aggregate_noun, aggregate_type, end_of_aggregate, limit_words, with_of
from tabletutor.records.table import ColumnProfile, Role

PARTS: dict[DatePartName, str] = {"year": "year", "month": "month (1 to 12)", "weekday": "weekday"}
FORMS = {"month": " Write the month like {}-03.", "quarter": " Write the quarter like {}Q3.", "year": ""}
DATE_ENDS = {"first": "earliest", "last": "latest", "min": "earliest", "max": "latest"}
Change = Literal["change", "percent_change"]
INCREASES: tuple[tuple[Change, str], ...] = (("change", "increase"), ("percent_change", "percentage increase"))
HOW: dict[Change, str] = {"change": "", "percent_change": ", in percent,"}
GROWTH = (
    "In which {what} did the {noun} increase most{how} compared with the {unit} before it in the data?",
    "{front}in which {what} did the {noun} increase most{how} compared with the {unit} before it in the data?",
    "[Find|Give] the {what} in which the {noun} grew most{how} over the {unit} before it in the data.",
    "[Can|Could] you tell me in which {what} the {noun} rose most{how} over the {unit} before it in the data?",
    "Please report the {what} with the largest rise{how} of the {noun} over the {unit} before it in the data.",
    # held out
    "Go through the {noun} {unit} by {unit}: in which {what} is the rise{how} over the {unit} before it largest?",
)
MAX_PERIODS = 10
PLACES_IN_TIME: frozenset[Role] = frozenset({"date", "year", "date_part"})


def of_date(draw: Draw, words: str, column: ColumnProfile) -> str:
    """Return "weekday (by order date)", and only "weekday" if no other column can be meant."""
    if all(other is column or other.role not in PLACES_IN_TIME for other in draw.profile.columns):
        return words
    inside = f"by {draw.say(column)})"
    return f"{words[:-1]}, {inside}" if words.endswith(")") else f"{words} ({inside}"


def period_form(date: ColumnProfile, unit: str) -> str:
    """Return the sentence that says how to write a period, with a year of the table."""
    return FORMS[unit].format(date_years(date)[0])


def _part(draw: Draw, column: ColumnProfile) -> tuple[DatePart, str]:
    first, last = date_years(column)
    part = draw.choice(date_parts(draw.profile, column, years=last - first > 1))
    return DatePart(column.name, part, draw.free_name(part)), PARTS[part]


def best_in_time(draw: Draw, measure: ColumnProfile | None, noun: str, end: str) -> tuple[str, str]:
    """Return the words after "in which month": "is the average fare highest", and after "tell me in which month"."""
    if measure is None:
        return "are there the most rows", "there are the most rows"
    verb = draw.verb(measure)
    return f"{verb} the {noun} {end}", f"the {noun} {verb} {end}"


def _best_part(draw: Draw) -> Candidate:
    date = draw.date(main=True)
    step, words = _part(draw, date)
    direction = draw.direction()
    if draw.source.random() < 0.3:
        direction, best = "largest", "the most rows"  # a part without any row would be the smallest
        group, noun = Group(step.name, "count"), "number of rows"
        measure, end = None, "most"
    else:
        measure = draw.measure()
        if step.part == "weekday" and is_natural(measure):
            raise CannotDraw  # the weather knows no Sundays
        aggregation = draw.aggregation(measure, ("mean", "mean", "sum", "median"))
        group, noun = Group(step.name, aggregation, measure.name), aggregate_noun(draw, aggregation, measure)
        end = end_of_aggregate(draw, aggregation, measure, direction)
        best = f"the {end} {noun}"
    is_best, best_is = best_in_time(draw, measure, noun, end)
    what = of_date(draw, words, date)
    in_which = f"{'on' if step.part == 'weekday' else 'in'} which {what}"
    slots = {"what": what, "in_which": in_which, "best": best, "noun": noun, "is_best": is_best, "best_is": best_is}
    kind = "category" if step.part == "weekday" else "integer"
    variant = f"{step.part}_{group.aggregation}_{direction}"
    return Candidate(chain(step, group, BestGroup(direction)), slots, kind, variant=variant)


def _periods(draw: Draw, date: ColumnProfile) -> tuple[tuple[Period, Group], str, str]:
    """Return the steps that give a number to each period of a date, the noun of the number, and the unit."""
    first, last = date_years(date)
    years = last - first + 1
    unit: Literal["month", "quarter", "year"] = draw.choice(
        ("year",) if years > 8 or date.grain == "year" else ("quarter", "year") if years > 3 else ("month", "quarter")
    )
    period = Period(date.name, unit, draw.free_name(unit))
    if draw.source.random() < 0.3:
        return (period, Group(period.name, "count")), "number of rows", unit
    measure = draw.measure()
    aggregation = draw.aggregation(measure, ("mean", "sum", "sum"))
    noun = aggregate_noun(draw, aggregation, measure)
    return (period, Group(period.name, aggregation, measure.name)), noun, unit


def _period_best(draw: Draw) -> Candidate:
    date = draw.date(main=True)
    steps, noun, unit = _periods(draw, date)
    measure = next((column for column in draw.profile.columns if column.name == steps[1].column), None)
    direction = "largest" if measure is None else draw.direction()
    end = end_of_aggregate(draw, steps[1].aggregation, measure, direction)
    what, best = of_date(draw, unit, date), "the most rows" if measure is None else f"the {end} {noun}"
    is_best, best_is = best_in_time(draw, measure, noun, end)
    slots = {
        "what": what,
        "in_which": f"in which {what}",
        "best": best,
        "noun": noun,
        "is_best": is_best,
        "best_is": best_is,
    }
    return Candidate(
        chain(*steps, BestGroup(direction)),
        slots,
        "category",
        form=period_form(date, unit),
        variant=f"{unit}_{steps[1].aggregation}",
    )


def _change(draw: Draw, measured: str | None) -> Change:
    """Return how a change is measured: in percent only where the column has no negative values."""
    column = next((column for column in draw.profile.columns if column.name == measured), None)
    negative = column is not None and isinstance(column.min, int | float) and column.min < 0
    return "change" if negative else draw.choice(("change", "percent_change"))


def _growth(draw: Draw) -> Candidate:
    date = draw.date(main=True)
    steps, noun, unit = _periods(draw, date)
    operation = _change(draw, steps[1].column)
    slots = {"what": of_date(draw, unit, date), "noun": noun, "how": HOW[operation], "unit": unit}
    program = chain(*steps, Along(operation), BestGroup("largest"))
    return Candidate(program, slots, "category", form=period_form(date, unit), variant=f"{unit}_{operation}")


def _growth_value(draw: Draw) -> Candidate:
    date = draw.date(main=True)
    first, last = date_years(date)
    if last - first < 4:
        raise CannotDraw  # the first and the last year may be cut off
    measure = draw.measure()
    if not isinstance(measure.min, int | float) or measure.min < 0:
        raise CannotDraw
    aggregation = draw.aggregation(measure, ("mean", "sum"))
    year = draw.source.randint(first + 2, last - 1)
    period = Period(date.name, "year", draw.free_name("year"))
    noun = aggregate_noun(draw, aggregation, measure)
    said = f"percentage change in {noun} from {year - 1} to {year} (by {draw.say(date)})"
    steps = (period, Group(period.name, aggregation, measure.name), Along("percent_change"), GroupValue(str(year)))
    return Candidate(chain(*steps), {"noun": said}, "percentage", unit="%", rounds=True, variant=aggregation)


def _by_year(draw: Draw) -> Candidate:
    """Growth along a column of years."""
    by, measure = draw.column(("year",)), draw.measure()
    if by.kind != "integer" or not isinstance(by.max, float | int) or by.unique < 4:
        raise CannotDraw
    aggregation = draw.aggregation(measure, ("mean", "sum", "sum"))
    operation = _change(draw, measure.name)
    noun = aggregate_noun(draw, aggregation, measure)
    slots = {"what": draw.say(by), "noun": noun, "how": HOW[operation], "unit": "year"}
    program = chain(Group(by.name, aggregation, measure.name), Along(operation), BestGroup("largest"))
    return Candidate(program, slots, "category", variant=operation)


def _period_mapping(draw: Draw) -> Candidate:
    date = draw.date(main=True)
    first, last = date_years(date)
    if last - first + 1 > MAX_PERIODS:
        raise CannotDraw
    unit = draw.choice(("quarter", "year") if last - first < 2 and date.grain != "year" else ("year",))
    period, measure = Period(date.name, unit, draw.free_name(unit)), draw.measure()
    aggregation = draw.aggregation(measure, ("mean", "sum"))
    noun = aggregate_noun(draw, aggregation, measure)
    program = chain(period, Group(period.name, aggregation, measure.name), GroupMapping())
    what = of_date(draw, unit, date)
    form = draw.choice((f" Answer with a dictionary from {unit} to number.", f" Give a mapping from {unit} to number."))
    return Candidate(
        program,
        {"noun": noun, "by": what, "column": what},
        "mapping",
        item=aggregate_type(aggregation, measure),
        form=form + period_form(date, unit),
        variant=f"{unit}_{aggregation}",
    )


def _series(draw: Draw, roles: Sequence[Role] = MEASURES) -> tuple[ColumnProfile, ColumnProfile]:
    """Return a date whose values differ in all rows, and a measure. Raises CannotDraw if two rows have one date."""
    date = draw.date(main=True)
    places = any(column.role == "coordinate" for column in draw.profile.columns)  # several series in one table
    if places or date.unique < draw.profile.rows - date.missing or not is_series(date):
        raise CannotDraw
    return date, draw.measure(roles)


def _rolling(draw: Draw) -> Candidate:
    date, measure = _series(draw)
    n, aggregation = draw.choice((3, 3, 7, 12)), draw.choice(("max", "min"))
    name = draw.free_name("rolling")
    said = f"{'highest' if aggregation == 'max' else 'lowest'} {n}-row rolling average of {draw.say(measure)}"
    steps = (Sort(date.name), Running(measure.name, "rolling_mean", name, n), Aggregate(name, aggregation))
    return Candidate(
        chain(*steps), {"noun": f"{said}, in order of {draw.say(date)}"}, "number", rounds=True, variant=aggregation
    )


def _largest_increase(draw: Draw) -> Candidate:
    date, measure = _series(draw, SUMMABLE)
    name = draw.free_name("cumulative")
    operation, words = draw.choice(INCREASES)
    said = f"largest {words} of {draw.say(measure)} from one row to the next, in order of {draw.say(date)}"
    steps = (Sort(date.name), Running(measure.name, operation, name), Aggregate(name, "max"))
    return Candidate(chain(*steps), {"noun": said}, "number", rounds=operation == "percent_change", variant=operation)


def _streak(draw: Draw) -> Candidate:
    date, measure = _series(draw)
    comparison, value = draw.choice((">", "<")), draw.threshold(measure)
    limit = limit_words(draw, comparison, value)
    those = f"rows with {draw.say_a(measure)} {with_of(limit)}"
    said = f"length of the longest run of consecutive {those}, in order of {draw.say(date)}"
    steps = (Sort(date.name), Streak(measure.name, comparison, value))
    return Candidate(chain(*steps), {"noun": said}, "integer", variant=comparison)


def _edge(draw: Draw) -> Candidate:
    date, measure = _series(draw)
    place = draw.choice(("first", "last"))
    noun = f"{draw.say(measure)} on the {DATE_ENDS[place]} {draw.say(date)}"
    kind = "integer" if measure.kind == "integer" else "number"
    return Candidate(chain(Sort(date.name), Edge(measure.name, place)), {"noun": noun}, kind, variant=place)


def _extreme(draw: Draw) -> Candidate:
    column = draw.column(("date",))
    if column.grain == "year":
        raise CannotDraw  # the answer would be a first of January
    aggregation = draw.choice(("min", "max"))
    noun = f"{DATE_ENDS[aggregation]} {draw.say(column)}"
    return Candidate(chain(Aggregate(column.name, aggregation)), {"noun": noun}, "date", variant=aggregation)


def _date_of(draw: Draw) -> Candidate:
    date, measure = draw.date(), draw.measure()
    if date.grain == "year":
        raise CannotDraw
    direction = draw.direction()
    noun = f"{draw.say(date)} of the row with {draw.best_of(measure, direction)}"
    return Candidate(chain(Lookup(measure.name, direction, date.name)), {"noun": noun}, "date", variant=direction)


def _days(draw: Draw) -> Candidate:
    start, end = draw.date(), draw.date()
    if not (isinstance(start.min, str) and isinstance(end.min, str) and start.min <= end.min):
        raise CannotDraw
    aggregation = draw.choice(("mean", "max", "median"))
    words = {"mean": "average", "max": "largest", "median": "median"}[aggregation]
    name = draw.free_name("days")
    noun = f"{words} number of whole days from {draw.say(start)} to {draw.say(end)}"
    return Candidate(
        chain(DaysBetween(start.name, end.name, name), Aggregate(name, aggregation)),
        {"noun": noun},
        "number",
        variant=aggregation,
    )


FAMILIES = (
    Family("date_best_part", "time", _best_part, WHEN, conditions=(0, 1), weight=2),
    Family("period_best", "time", _period_best, WHEN, conditions=(0, 1)),
    Family("period_growth", "time", _growth, GROWTH, conditions=(0, 1), front=True),
    Family("year_growth", "time", _by_year, GROWTH, conditions=(0, 1), front=True),
    Family("growth_of_year", "time", _growth_value, VALUE, conditions=(0, 1), front=True),
    Family("period_mapping", "time", _period_mapping, MAPPING, conditions=(0, 1)),
    Family("rolling_mean", "time", _rolling, VALUE, conditions=(0, 0)),
    Family("largest_increase", "time", _largest_increase, VALUE, conditions=(0, 0)),
    Family("streak", "time", _streak, VALUE, conditions=(0, 0)),
    Family("first_or_last", "time", _edge, PICK, conditions=(0, 1)),
    Family("date_extreme", "time", _extreme, PICK, conditions=(0, 1)),
    Family("date_of_extreme", "time", _date_of, PICK, conditions=(0, 1)),
    Family("days_between", "time", _days, VALUE, conditions=(0, 1)),
)
