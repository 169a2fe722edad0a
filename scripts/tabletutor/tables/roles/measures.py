"""Infer the role of a column of numbers: from the words of its header if its values agree, else from its values."""

import re
from dataclasses import replace

from tabletutor.tables.roles.concepts import is_years, number_role
from tabletutor.tables.roles.facts import NumberFacts
from tabletutor.tables.roles.finding import Finding
from tabletutor.tables.roles.lexicon import NUMBER_CONCEPTS, Hit, Lexicon
from tabletutor.tables.roles.words import Words, singular

# What the last word may be so that a modifier before it does not decide ("rate type", "index of year").
STRONGER = frozenset(
    {"identifier", "code", "group", "year", "month", "weekday", "day", "week", "quarter", "hour", "date", "ordinal"}
    | {"direction"}
)
PARTS_OF_DATES = frozenset({"year", "month", "weekday", "day", "week", "quarter", "hour"})
CURRENCIES = frozenset("$€£¥₹") | {"USD", "EUR", "GBP", "JPY", "CHF", "INR", "$m", "$k"}
INTENSIVE_UNITS = frozenset(
    {
        "%",
        "‰",
        "mm",
        "cm",
        "m",
        "in",
        "ft",
        "kg",
        "g",
        "mg",
        "lb",
        "oz",
        "°C",
        "°F",
        "C",
        "F",
        "K",
        "hPa",
        "km/h",
        "mph",
    }
) | {"m/s", "knots", "bpm", "mpg", "o/oo", "bar", "V", "A", "Hz"}
DURATION_UNITS = frozenset({"s", "sec", "min", "h", "hr", "hrs", "hours", "days", "years", "months", "weeks", "ms"})
MEASURED = frozenset({"physical", "rate", "price", "statistic", "money", "quantity"})
ONE_THING = frozenset({"duration", "score", "per_item"})  # "total fat" of a dish is not added up over dishes
ADDED = frozenset({"money", "quantity", "count", "duration"})
SAMPLING_WEIGHTS = re.compile(
    r"(?:fnl?|final|person|sample|sampling|survey|samp|pop|population|design|household|hh|per|p)[\W_]*(?:weights?|wgts?|wts?)"
    r"|wgts?|weights?[\W_]*(?:sample|survey|sampling)|[\W_a-z]*(?:survey|sampling)[\W_]*weights?",
    re.IGNORECASE,
)
BODY = frozenset({"height", "hgt", "ht", "bmi", "waist", "hip", "length"})
BUILDING = frozenset(
    {
        "bed",
        "beds",
        "bath",
        "baths",
        "garage",
        "basement",
        "bedroom",
        "bedrooms",
        "bathroom",
        "bathrooms",
        "kitchen",
        "fireplaces",
        "floors",
        "stories",
    }
)
SPORTS = frozenset(
    {
        "hit",
        "walk",
        "rbi",
        "strike",
        "inning",
        "wicket",
        "touchdown",
        "wins",
        "losses",
        "goals",
        "touchdowns",
        "rebounds",
        "assists",
        "homeruns",
        "strikeouts",
        "points",
    }
)
HALF_CIRCLE = 180
MONTHS = 12
LARGE = 20  # a maximum so many times the median is usual for counts and amounts
KEY_DIGITS = 8
LONG_DIGITS = 9
MAX_CODES = 12
SMALL = 10
RATINGS = 7
RANKED = 0.9


def number_column_role(
    words: Words, facts: NumberFacts, lexicon: Lexicon, unit: str | None, neighbours: frozenset[str]
) -> Finding:
    """Return the role of a column of numbers with at least two values.

    `neighbours`: the words of the other headers of the table.
    """
    hits = lexicon.hits(words, NUMBER_CONCEPTS)
    return (
        _sampling_weight(words, neighbours)
        or _plane(words, facts, neighbours)
        or _by_neighbours(words, facts, neighbours)
        or _by_position(words, facts, lexicon, hits)
        or _minutes(words, lexicon)
        or _by_modifier(words, facts, lexicon, hits, neighbours)
        or _by_words(hits, facts, has_unit=lexicon.unit(words) is not None)
        or _by_unit(words, lexicon, unit, facts)
        or replace(_by_values(words, facts), weak=True)
    )


def _sampling_weight(words: Words, neighbours: frozenset[str]) -> Finding | None:
    """Return code for the number of people that a row of a survey stands for: nobody asks about it."""
    if not SAMPLING_WEIGHTS.fullmatch(words.plain) or (words.plain.lower() == "wgt" and neighbours & BODY):
        return None
    return Finding("code", f"header {words.plain!r}: how many people a row of a survey stands for")


def _plane(words: Words, facts: NumberFacts, neighbours: frozenset[str]) -> Finding | None:
    """Return coordinate for x and y beside each other in a table about places, or with words of coordinates."""
    if words.head == ("long",) and "latitude" in neighbours and abs(facts.median) <= HALF_CIRCLE:
        return Finding("coordinate", "header word 'long', beside a latitude")
    axes = {"x", "y"} & set(words.head)
    if not axes or len(words.head) > 2 or len(axes) > 1 or not (({"x", "y"} - axes) & neighbours):
        return None
    places = neighbours & {"block", "address", "latitude", "longitude", "district", "street", "location", "precinct"}
    if places or set(words.head) & {"coord", "coordinate", "pos", "position", "utm", "map"}:
        beside = f", beside {min(places)!r}" if places else ""
        return Finding("coordinate", f"header word {min(axes)!r} of a pair x, y{beside}")
    return None


def _by_neighbours(words: Words, facts: NumberFacts, neighbours: frozenset[str]) -> Finding | None:
    """Return what a word says beside certain others: the area of a house, "G" for games among wins and losses."""
    if words.head[-1:] == ("area",) and (beside := neighbours & BUILDING):
        return Finding("intensive", f"header word 'area', beside {min(beside)!r}: of one building")
    if words.head[-1:] == ("run",) and facts.whole and facts.min >= 0 and (beside := neighbours & SPORTS):
        return Finding("additive", f"header word 'run', beside {min(beside)!r}: home runs")
    if words.head[-1:] == ("int",) and facts.whole and facts.min >= 0 and (beside := neighbours & SPORTS):
        return Finding("additive", f"header word 'int', beside {min(beside)!r}: interceptions")
    if words.head in (("g",), ("game",)) and facts.whole and facts.min >= 0 and (beside := neighbours & SPORTS):
        return Finding("additive", f"header word {words.head[0]!r}, beside {min(beside)!r}: games")
    return None


def _by_position(words: Words, facts: NumberFacts, lexicon: Lexicon, hits: list[Hit]) -> Finding | None:
    """Return what "number" and "n" say: "num rooms" and "n" count, "room number" and "no" tell apart."""
    spoken = list(words.head)
    if not facts.whole or not spoken:
        return None
    if spoken == ["n"] or (spoken[0] in ("number", "n") and len(spoken) > 1):
        return Finding("additive", f"header begins with {words.plain.split()[0]!r}: a count")
    named = any(" " in hit.named and hit.at_end for hit in hits)  # "flight number" is in the lexicon
    if spoken[-1] == "number" and not words.rest and not named:
        if facts.min == 0 and facts.max >= LARGE * max(1.0, facts.median) and facts.unique <= facts.present / 2:
            return Finding("additive", f"header word 'number', values {facts.span}, spread as counts are")
        before = spoken[-2] if len(spoken) > 1 else ""
        part = next((concept for concept in lexicon.concepts(before) if concept in PARTS_OF_DATES), None)
        if part is not None:
            return number_role(part, before, facts)
        return number_role("identifier", "number", facts)
    return None


def _minutes(words: Words, lexicon: Lexicon) -> Finding | None:
    """Return duration for "TimeMin": after a word for time, "min" are minutes and no minimum."""
    match words.head:
        case (*_, before, "minimum") if "duration" in lexicon.concepts(before) and words.plain.lower().endswith("min"):
            return Finding("duration", f"header words {before!r} and 'min': minutes", unit="min")
        case _:
            return None


def _by_modifier(
    words: Words, facts: NumberFacts, lexicon: Lexicon, hits: list[Hit], neighbours: frozenset[str]
) -> Finding | None:
    last = next((hit for hit in hits if hit.at_end), None)
    first = set(last.concepts) if last else set[str]()
    said = ((c, number_role(c, last.named, facts)) for c in last.concepts) if last else ()
    concept, decided = next(((c, found) for c, found in said if found is not None), ("", None))
    if concept in STRONGER and decided is not None and decided.role != "duration" and "per" not in words.head:
        return decided
    if "year" in words.head and is_years(facts):
        return number_role("year", "year", facts)
    if "month" in words.head and facts.within(1, MONTHS):
        return number_role("month", "month", facts)
    if any("duration" in hit.concepts for hit in hits):
        first.add("duration")
    rate, total = lexicon.modifier(words, "intensive"), lexicon.modifier(words, "additive")
    if rate == "rate" == words.head[0] and facts.within(0, SMALL) and facts.unique <= RATINGS:
        return Finding("ordinal", f"header begins with 'rate', {facts.unique} whole numbers {facts.span}: ratings")
    if rate == "price" and total:
        rate = None
    counts = words.head[-1:] in (("count",), ("counts",)) and rate != "per"
    if rate and not counts and not ("duration" in first and rate not in ("per", "percent", "rate", "ratio")):
        return Finding("intensive", f"header word {rate!r}")
    if total and not _is_level(words, facts, neighbours, first):
        return Finding("additive", f"header word {total!r}")
    return None


def _is_level(words: Words, facts: NumberFacts, neighbours: frozenset[str], concepts: set[str]) -> bool:
    """Return whether a "total" is that of one thing: the total fat of a dish, the total sulfur beside the free one."""
    if concepts & ONE_THING or ("free" in neighbours and set(words.head[1:]) <= neighbours):
        return True
    return not facts.whole and len(words.head) > 1 and concepts.isdisjoint(ADDED) and bool(neighbours)


def _by_words(hits: list[Hit], facts: NumberFacts, *, has_unit: bool) -> Finding | None:
    measured = has_unit or any(MEASURED & set(hit.concepts) for hit in hits)
    for hit in hits:
        for concept in hit.concepts:
            if concept == "name" and measured:
                continue  # "MPG.city" is no number of a city
            found = number_role(concept, hit.named, facts)
            if found is not None:
                return found
    return None


def _by_unit(words: Words, lexicon: Lexicon, unit: str | None, facts: NumberFacts) -> Finding | None:
    if unit in CURRENCIES:
        return Finding("additive", f"amounts of money (unit {unit!r})")
    if unit in INTENSIVE_UNITS:
        return Finding("intensive", f"unit {unit!r}")
    if unit in DURATION_UNITS:
        return Finding("duration", f"unit {unit!r}")
    named = lexicon.unit(words)
    if named is not None:
        return number_role(named[2], named[0], facts)
    return None


def _by_values(words: Words, facts: NumberFacts) -> Finding:
    """Return the role that the values alone suggest."""
    if facts.whole:
        return _by_whole_values(words, facts)
    if facts.min >= 0 and facts.max <= 1:
        return Finding("intensive", "fractions between 0 and 1")
    if facts.min >= 0 and facts.halves and facts.unique <= MAX_CODES and facts.max <= SMALL:
        return Finding("ordinal", f"{facts.unique} grades {facts.span}")
    return Finding("intensive", "numbers with fractions, and no word that says that they add up")


def _by_whole_values(words: Words, facts: NumberFacts) -> Finding:
    year_header = words.plain.strip().isdigit()
    last = next(reversed(words.head), "")
    plural = last != singular(last) and facts.min >= 0
    if (
        is_years(facts)
        and facts.min >= 1800
        and not year_header
        and not plural
        and facts.unique >= 3
        and facts.max <= 2060
    ):
        return Finding("year", f"whole numbers {facts.span}, all possible years")
    spread = facts.max >= 3 * facts.min and facts.present >= SMALL
    if facts.nearly_unique and facts.one_length and facts.one_length >= KEY_DIGITS and spread:
        return Finding("identifier", f"whole numbers of {facts.one_length} digits, {facts.once}")
    most = RANKED * facts.present
    if facts.min == 1 and facts.present >= SMALL and facts.unique >= most and most <= facts.max <= facts.present:
        return Finding("ordinal", f"whole numbers {facts.span}, nearly each once in {facts.present} rows: a rank")
    if facts.rising and facts.min in (0, 1) and facts.unique > facts.max - facts.min and facts.unique >= SMALL:
        return Finding("ordinal", f"whole numbers {facts.span} in their order, without a gap: numbered")
    if facts.one_length and facts.one_length >= LONG_DIGITS and spread:
        return Finding("code", f"whole numbers of {facts.one_length} digits")
    if facts.unique == 2 and (facts.min, facts.max) == (0, 1):
        return Finding("flag", "two values, 0 and 1")
    if facts.unique == 2:
        return Finding("category", f"two numbers ({facts.span}) that stand for groups")
    if plural:
        return Finding("additive", f"whole numbers {facts.span} under a plural: counts")
    if facts.min >= 0 and facts.max <= SMALL and facts.unique <= MAX_CODES:
        if facts.min == 0 and facts.median <= 1:
            return Finding("additive", f"small whole numbers {facts.span}, mostly 0 or 1: counts")
        return Finding("ordinal", f"{facts.unique} whole numbers {facts.span}")
    if (
        facts.integers
        and facts.min >= 0
        and (facts.max >= LARGE * max(1.0, facts.median) or (facts.min == 0 and facts.max >= SMALL))
    ):
        return Finding("additive", f"whole numbers {facts.span}, spread as counts are")
    if facts.integers and facts.min >= 0 and facts.max >= 1000 and facts.max >= 5 * max(1.0, facts.min):
        return Finding("additive", f"whole numbers {facts.span}, spread as counts are")
    return Finding("intensive", f"whole numbers {facts.span}, and no word that says that they add up")
