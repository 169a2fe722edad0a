"""Conditions on rows: "fare is above 20", "name contains …". Each brings its steps and its words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from tabletutor.programs.grammar import (
    BeyondStatistic,
    Comparison,
    Contains,
    DatePart,
    DatePartName,
    Missing,
    OneOf,
    Step,
    Where,
)
from tabletutor.questions.columns import is_natural
from tabletutor.questions.draw import FEW_DISTINCT, MEASURES, CannotDraw, Draw
from tabletutor.questions.phrases import limit_words, with_of
from tabletutor.questions.readings.reading import ReadingName
from tabletutor.questions.wording import MONTHS, value_words
from tabletutor.records.table import ColumnProfile, TableProfile

YEAR_WORDS: tuple[tuple[Comparison, str], ...] = (
    ("==", ""), ("==", ""), (">=", " or later"), ("<", "before "), (">", "after "),
)  # fmt: skip
DATE_WORDS: tuple[tuple[Comparison, str], ...] = ((">=", "on or after"), ("<", "before"))
MIN_YEARS = 3
MAX_INTERVAL = 5  # days between two dates on average
MIN_SHARE = 0.05  # of the values are missing, and known, for a condition on that
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Condition:
    """A condition on rows: its steps, and its words after "where" and, if there are some, after "with".

    `settled` names the readings that the words rule out.
    """

    kind: str
    steps: tuple[Step, ...]
    predicate: str
    attribute: str | None = None
    settled: frozenset[ReadingName] = frozenset()


def draw_condition(draw: Draw, kinds: Sequence[str] | None = None) -> Condition:
    """Return a condition of one of `kinds`, or of any kind that fits the table. Frequent kinds have several places."""
    offered = [kind for kind in kinds or CONDITIONS for _ in range(_WEIGHTS.get(kind, 1))]
    draw.source.shuffle(offered)
    for kind in dict.fromkeys(offered):
        try:
            return CONDITIONS[kind](draw)
        except CannotDraw:
            continue
    raise CannotDraw


def _is(draw: Draw) -> Condition:
    column = draw.category()
    value, name = draw.value(column), draw.say(column)
    cell = value_words(value)
    return Condition("is", (Where(column.name, "==", value),), f"{name} is {cell}", f"{name} {cell}")


def _is_not(draw: Draw) -> Condition:
    column = draw.category(least=3)
    if column.missing:
        raise CannotDraw  # whether a missing value is "not x" is a matter of taste
    value, name = draw.value(column), draw.say(column)
    words = draw.choice(("is not", "is other than", "is anything but"))
    return Condition("is_not", (Where(column.name, "!=", value),), f"{name} {words} {value_words(value)}")


def _one_of(draw: Draw) -> Condition:
    column = draw.category(least=3)
    values, name = draw.values(column, 2), draw.say(column)
    cells = " or ".join(map(value_words, values))
    step = OneOf(column.name, tuple(values))
    return Condition("one_of", (step,), f"{name} is either {cells}", f"{name} either {cells}")


def _threshold(draw: Draw) -> Condition:
    column = draw.measure(chooses=True)
    comparison, value = draw.comparison(), draw.threshold(column)
    limit = limit_words(draw, comparison, value)
    counted = draw.spoken[column.name].counted
    if counted is not None and value < 2:
        raise CannotDraw  # "below 1" of a count is none
    attribute = f"{draw.say_a(column)} {with_of(limit)}"
    if counted is not None and value != 1:  # "more than 1 seats"
        words = {">": "more than", ">=": "at least", "<": "fewer than", "<=": "at most"}[comparison]
        attribute = f"{words} {value_words(value)} {counted}"
    kind = "above" if comparison in (">", ">=") else "below"
    return Condition(
        kind, (Where(column.name, comparison, value),), f"{draw.say_the(column)} {draw.verb(column)} {limit}", attribute
    )


def _between(draw: Draw) -> Condition:
    column = draw.measure(chooses=True)
    if column.unique <= FEW_DISTINCT:
        raise CannotDraw
    low, high = draw.threshold(column, 0.0, 0.35), draw.threshold(column, 0.6, 1.0)
    if low >= high:
        raise CannotDraw
    bounds = f"between {value_words(low)} and {value_words(high)} (both included)"
    steps = (Where(column.name, ">=", low), Where(column.name, "<=", high))
    name, settled = draw.say_the(column), frozenset[ReadingName]({"strict_bound"})
    counted = draw.spoken[column.name].counted
    attribute = f"{draw.say_a(column)} {bounds}"
    if counted is not None:
        attribute = f"between {value_words(low)} and {value_words(high)} {counted} (both included)"
    return Condition(
        "between",
        steps,
        f"{name} {draw.verb(column)} {bounds}",
        attribute,
        settled,
    )


def _year(draw: Draw) -> Condition:
    column = draw.column(("year",))
    if column.kind != "integer" or not isinstance(column.min, int | float) or not isinstance(column.max, int | float):
        raise CannotDraw
    first, last, name = int(column.min), int(column.max), draw.say(column)
    if last - first < 2:
        raise CannotDraw
    year = draw.source.randint(first + 1, last - 1)
    comparison, words = draw.choice(YEAR_WORDS)
    said = f"{year}{words}" if comparison in ("==", ">=") else f"{words}{year}"
    return Condition(
        f"year_{_SIDES[comparison]}", (Where(column.name, comparison, year),), f"{name} is {said}", f"{name} {said}"
    )


def _date(draw: Draw) -> Condition:
    column = draw.date()
    if column.grain == "year":
        return _years_of(draw, column)
    first, last = (date.fromisoformat(str(end)[:10]) for end in (column.min, column.max))
    between = first + (last - first) * draw.source.uniform(0.2, 0.8)
    day = between.replace(day=1 if between.day < 16 or column.grain == "month" else 15).isoformat()
    comparison, words = draw.choice(DATE_WORDS)
    said = f"{draw.say(column)} is {words} {day}"
    return Condition(f"date_{_SIDES[comparison]}", (Where(column.name, comparison, day),), said)


def _years_of(draw: Draw, column: ColumnProfile) -> Condition:
    """Return a condition on the year of a column whose dates are all first days of a year."""
    first, last = date_years(column)
    if last - first < MIN_YEARS:
        raise CannotDraw
    year, name = draw.source.randint(first + 1, last - 1), draw.free_name("year")
    comparison: Comparison = draw.choice((">=", "<"))
    words = f"in {year} or later" if comparison == ">=" else f"before {year}"
    steps = (DatePart(column.name, "year", name), Where(name, comparison, year))
    return Condition(f"date_{_SIDES[comparison]}", steps, f"{draw.say(column)} falls {words}")


def _date_part(draw: Draw) -> Condition:
    column = draw.date(main=True)
    first, last = date_years(column)
    part = draw.choice(date_parts(draw.profile, column, years=last > first))
    name = draw.free_name(part)
    if part == "year":
        year = draw.source.randint(first, last)
        step, said = Where(name, "==", year), f"in {year}"
    elif part == "month":
        month = draw.source.randint(1, 12)
        step, said = Where(name, "==", month), f"in {MONTHS[month - 1]}" + (" of any year" if last > first else "")
    else:
        day = draw.choice(WEEKDAYS)
        step, said = Where(name, "==", day), f"on a {day}"
    steps = (DatePart(column.name, part, name), step)
    return Condition(f"date_{part}", steps, f"{draw.say(column)} falls {said}")


def _flag(draw: Draw) -> Condition:
    column = draw.column(("flag",))
    if column.kind != "boolean":
        raise CannotDraw
    value = draw.choice((True, True, False))
    return Condition("flag", (Where(column.name, "==", value),), f"{draw.say(column)} is {str(value).lower()}")


def _known(draw: Draw) -> Condition:
    column = draw.incomplete((*MEASURES, "category", "date", "ordinal"))
    if not MIN_SHARE <= column.missing / draw.profile.rows <= 1 - MIN_SHARE:
        raise CannotDraw
    negated = draw.choice((True, True, False))
    words = draw.choice(("is known", "is not missing", "is recorded") if negated else ("is missing", "has no value"))
    kind = "known" if negated else "missing"
    name = draw.spoken[column.name].quoted  # as in the families about missing values
    return Condition(kind, (Missing(column.name, negated),), f"{name} {words}")


def _beyond(draw: Draw) -> Condition:
    if draw.profile.totals:
        raise CannotDraw  # "overall" would have the totals too
    column = draw.measure()
    statistic: Literal["mean", "median"] = "mean"  # below the median are half of the rows
    comparison: Literal[">", "<"] = draw.choice((">", "<"))
    side = "above" if comparison == ">" else "below"
    step = BeyondStatistic(column.name, comparison, statistic)
    word = "average" if statistic == "mean" else "median"
    whose = "their" if draw.spoken[column.name].is_plural else "its"
    said = f"{draw.say_the(column)} {draw.verb(column)} {side} {whose} overall {word}"
    return Condition(f"beyond_{statistic}", (step,), said)


def _contains(draw: Draw) -> Condition:
    column = draw.text(("list",))
    parts = {part.strip() for value, _ in column.top_values for part in value.split(column.separator or ";")}
    word = draw.choice(sorted(part for part in parts if len(part) > 2))
    step = Contains(column.name, word, whole_word=True)
    said = f"{draw.say(column)} includes {value_words(word)}"
    return Condition("lists", (step,), said, settled=frozenset({"part_of_word"}))


CONDITIONS: Mapping[str, Callable[[Draw], Condition]] = {
    "is": _is,
    "is_not": _is_not,
    "one_of": _one_of,
    "threshold": _threshold,
    "between": _between,
    "year": _year,
    "date": _date,
    "date_part": _date_part,
    "flag": _flag,
    "known": _known,
    "beyond": _beyond,
    "lists": _contains,
}
_WEIGHTS = {"is": 7, "threshold": 6, "between": 2, "year": 3, "date": 2, "date_part": 2, "flag": 2}
_SIDES = {"==": "is", ">=": "from", ">": "after", "<": "before"}


def date_parts(profile: TableProfile, column: ColumnProfile, *, years: bool) -> tuple[DatePartName, ...]:
    """Return the parts of a date by which rows of a table differ: no weekdays of months, or of the weather.

    `years`: the dates lie in several years.
    """
    natural = any(other.role in MEASURES and is_natural(other) for other in profile.columns)
    parts: list[DatePartName] = ["year"] if years else []
    if column.grain != "year":
        parts.append("month")
    if column.grain is None and not natural and _is_dense(column):
        parts.append("weekday")
    return tuple(parts)


def _is_dense(column: ColumnProfile) -> bool:
    """Return whether the dates lie so close that a weekday is no accident: not one date every other week."""
    if not isinstance(column.min, str) or not isinstance(column.max, str):
        return False
    days = (date.fromisoformat(column.max[:10]) - date.fromisoformat(column.min[:10])).days
    return days < MAX_INTERVAL * max(column.unique - 1, 1)


def date_years(column: ColumnProfile) -> tuple[int, int]:
    """Return the first and the last year of a date column. Raises CannotDraw if it has no dates."""
    if not isinstance(column.min, str) or not isinstance(column.max, str):
        raise CannotDraw
    return int(column.min[:4]), int(column.max[:4])


def rows_clause(conditions: Sequence[Condition], draw: Draw) -> str:
    """Return the conditions as a clause after "rows": "where sex is 'male' and fare is above 20"."""
    if not conditions:
        return ""
    attributes = [condition.attribute for condition in conditions if condition.attribute is not None]
    if len(attributes) == len(conditions) and draw.source.random() < 0.4:
        return f"with {' and '.join(attributes)}"
    return f"where {' and '.join(condition.predicate for condition in conditions)}"
