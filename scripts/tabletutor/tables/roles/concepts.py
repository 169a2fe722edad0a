"""Give a column of numbers the role that a word of its header suggests, if the values agree."""

from collections.abc import Callable

from tabletutor.records.table import Role
from tabletutor.tables.roles.facts import NumberFacts
from tabletutor.tables.roles.finding import Finding

FIRST_YEAR, LAST_YEAR = 1500, 2100
MISTYPED = 200  # years; "2207" for 2007 is still a year under the header "year"
KEY_SHARE = 0.9  # of different values, for a column that is called a key
MAX_GRADES = 50
HIGHEST_GRADE = 100
FEW_GRADES = 12
WIDE_GAP = 10  # grades that are counted or rounded lie closer together
MAX_GROUPS = 50
MAX_PARTS = 20
MAX_STARS = 11
FEW = 100
QUARTER_CIRCLE, FULL_CIRCLE = 90, 360  # degrees
NUMBERED = frozenset({"day", "week", "month"})  # "pan_day 107": a place in time, not a length
RANKS = frozenset({"rank", "ranking", "rankings", "ranks"})


def number_role(concept: str, word: str, facts: NumberFacts) -> Finding | None:
    """Return the role that a concept gives a column of numbers, or None if the values contradict it."""
    if concept in _PLAIN:
        return Finding(_PLAIN[concept], f"header word {word!r}")
    return _CHECKED[concept](word, facts) if concept in _CHECKED else None


def is_years(facts: NumberFacts) -> bool:
    """Return whether all values are whole numbers that can be years."""
    return facts.within(FIRST_YEAR, LAST_YEAR)


def _said(role: Role, word: str, facts: NumberFacts, what: str = "values") -> Finding:
    return Finding(role, f"header word {word!r}, {what} {facts.span}")


def _count(word: str, facts: NumberFacts) -> Finding:
    if not facts.whole and facts.max <= FEW:
        return Finding("intensive", f"header word {word!r}, but the counts have fractions: they are averages")
    return Finding("additive", f"header word {word!r}")


def _year(word: str, facts: NumberFacts) -> Finding | None:
    if is_years(facts):
        return _said("year", word, facts, "years")
    if facts.min >= FIRST_YEAR and facts.max <= LAST_YEAR + 1:
        return Finding("code", f"header word {word!r}, years with fractions {facts.span}: dates as numbers")
    if facts.within(0, 99) and not word.endswith("s") and facts.min >= 40:
        return _said("year", word, facts, "years of two digits")
    if facts.within(0, FEW) and facts.unique <= MAX_GRADES:
        return _said("ordinal", word, facts, "numbered years")
    return None


def _part(low: int, high: int) -> Callable[[str, NumberFacts], Finding | None]:
    def check(word: str, facts: NumberFacts) -> Finding | None:
        if facts.within(low, high):
            return _said("date_part", word, facts)
        if not facts.whole and facts.min >= 0 and facts.max <= high:
            return _said("code", word, facts, "parts of a date with fractions,")
        if facts.whole and facts.min >= 0 and word in NUMBERED:
            return _said("date_part", word, facts, "numbered from some start,")
        return Finding("duration", f"header word {word!r}, values {facts.span} count them") if facts.min >= 0 else None

    return check


def _clock(word: str, facts: NumberFacts) -> Finding:
    if facts.clock:
        return _said("date_part", word, facts, "clock times such as 1530,")
    if facts.within(0, 24):
        return _said("date_part", word, facts, "hours")
    return Finding("duration", f"header words {word!r}")


def _duration(word: str, facts: NumberFacts) -> Finding:
    if word in ("time", "times") and facts.min >= FIRST_YEAR and facts.max <= LAST_YEAR + 1:
        return _year(word, facts) or Finding("code", f"header word {word!r}")
    if word == "time" and facts.min > 1e8:
        return Finding("code", f"header word {word!r}, large numbers: dates as numbers")
    return Finding("duration", f"header word {word!r}")


def _date(word: str, facts: NumberFacts) -> Finding | None:
    if is_years(facts):
        return _said("year", word, facts, "years")
    if facts.within(1, 31):
        return _said("date_part", word, facts, "days")
    return Finding("code", f"header word {word!r}, numbers {facts.span}: dates as numbers")


def _coordinate(low: float, high: float) -> Callable[[str, NumberFacts], Finding | None]:
    def check(word: str, facts: NumberFacts) -> Finding | None:
        return _said("coordinate", word, facts) if low <= facts.median <= high else None

    return check


def _identifier(word: str, facts: NumberFacts) -> Finding | None:
    if not facts.whole:
        return None
    if facts.unique >= KEY_SHARE * facts.present:
        return Finding("identifier", f"header word {word!r}, {facts.once}")
    return Finding("code", f"header word {word!r}, whole numbers that occur in several rows")


def _code(word: str, facts: NumberFacts) -> Finding | None:
    return Finding("code", f"header word {word!r}, whole numbers") if facts.whole else None


def _ordinal(word: str, facts: NumberFacts) -> Finding | None:
    if word in RANKS and facts.halves and facts.min >= 0:
        return _said("ordinal", word, facts)
    ranks = facts.min in (0, 1) and facts.unique >= facts.max / 2
    if not facts.halves or facts.min < -1 or (not ranks and (facts.unique > MAX_GRADES or facts.max > HIGHEST_GRADE)):
        return None
    if facts.whole and facts.unique <= FEW_GRADES and facts.gap >= WIDE_GAP:
        why = f"{facts.unique} whole numbers {facts.span} with a wide gap: they stand for groups"
        return Finding("category", f"header word {word!r}, {why}")
    return _said("ordinal", word, facts)


def _direction(word: str, facts: NumberFacts) -> Finding:
    """Return code for degrees on a circle: the mean of 350 and 10 is no direction."""
    if facts.min >= -180 and QUARTER_CIRCLE < facts.max <= FULL_CIRCLE:
        return _said("code", word, facts, "degrees on a circle, of which a mean says nothing,")
    return Finding("intensive", f"header word {word!r}")


def _parts(word: str, facts: NumberFacts) -> Finding | None:
    if not facts.halves or facts.unique > MAX_PARTS:
        return Finding("additive", f"header word {word!r}") if facts.whole else None
    return _said("ordinal", word, facts, "a few whole numbers")


def _score(word: str, facts: NumberFacts) -> Finding:
    if facts.halves and facts.unique <= MAX_STARS and facts.min >= 0 and facts.max <= 10:
        return _said("ordinal", word, facts, "grades")
    return Finding("intensive", f"header word {word!r}")


def _group(word: str, facts: NumberFacts) -> Finding | None:
    if not facts.whole:
        return None
    if facts.unique <= MAX_GROUPS:
        return Finding("category", f"header word {word!r}, {facts.unique} whole numbers that stand for groups")
    if facts.unique == facts.present:
        return Finding("identifier", f"header word {word!r}, {facts.once}")
    return Finding("code", f"header word {word!r}, whole numbers")


def _named(word: str, facts: NumberFacts) -> Finding | None:
    if not facts.whole or facts.min < 0 or facts.unique == 2:
        return None
    return _identifier(word, facts)


def _flag(word: str, facts: NumberFacts) -> Finding | None:
    return _said("flag", word, facts, "two values") if facts.unique == 2 else None


_PLAIN: dict[str, Role] = {
    "money": "additive",
    "quantity": "additive",
    "rate": "intensive",
    "share": "intensive",
    "statistic": "intensive",
    "physical": "intensive",
    "per_item": "intensive",
    "price": "intensive",
    "age": "intensive",
    "axis": "coordinate",
}
_CHECKED: dict[str, Callable[[str, NumberFacts], Finding | None]] = {
    "count": _count,
    "score": _score,
    "duration": _duration,
    "year": _year,
    "month": _part(0, 12),
    "weekday": _part(0, 7),
    "day": _part(0, 31),
    "day_of_year": _part(0, 366),
    "week": _part(0, 53),
    "quarter": _part(1, 4),
    "hour": _part(0, 24),
    "minute": _part(0, 60),
    "second": _part(0, 60),
    "clock": _clock,
    "date": _date,
    "latitude": _coordinate(-90, 90),
    "longitude": _coordinate(-180, 360),
    "identifier": _identifier,
    "code": _code,
    "ordinal": _ordinal,
    "direction": _direction,
    "parts": _parts,
    "group": _group,
    "flag": _flag,
    "name": _named,
}
