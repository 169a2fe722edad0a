"""Say a table's columns as people say them: "Body Mass (g)" is "body mass", `gdpPercap` stays as it stands.

Questions say a header in words only if these words can mean no other column of the table. Otherwise they show the
header itself. `SpokenColumn.reason` explains why.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec.structs import replace

from tabletutor.models.prompt import header_label
from tabletutor.programs.grammar import Aggregation
from tabletutor.questions.counted_things import OF_MONEY, begins_low, is_surely_counted
from tabletutor.questions.english import FUNCTION_WORDS, is_mass, is_unit
from tabletutor.questions.header_parse import (
    ACRONYMS,
    LONG,
    SENTENCE_WORDS,
    STATISTICS,
    NoNoun,
    NotSpoken,
    head_of,
    noun_phrase,
    raw_words,
    without_unit,
)
from tabletutor.questions.lexicon import (
    AMOUNTS,
    EVENTS,
    INVARIANT,
    base_form,
    grammatical_number,
    is_measurable,
    is_participle,
    parts_of_speech,
    plural_word,
    singular_word,
)
from tabletutor.records.record import Record
from tabletutor.records.table import NUMERIC, TEMPORAL, ColumnProfile, TableProfile

# "count": takes "a" and a plural. "mass": takes neither ("precipitation", and numbers that stand for kinds or grades).
# "amount": a plural that is measured ("sales"). "quantity": a count of things ("number of seats"). "header": the header
# as it stands.
Noun = Literal["count", "mass", "amount", "quantity", "header"]

MOST_TITLE_WORDS = 8
MEASURED = ("additive", "intensive", "duration")  # roles of numbers that are measured or counted
SHOUTED_SHARE = 0.6  # of the headers in capitals, from which capitals are taken as the table's style
# Units that say what is measured, unless one of these words does: "city mpg" is no city.
_MEASURING_UNITS = frozenset({"mpg", "mph", "km/h", "kmh", "kph"})
_MEASURED_IN_THEM = frozenset({"speed", "velocity", "gust", "economy", "mileage", "efficiency", "consumption", "wind"})
_DATES = frozenset({"date", "day", "time"})
_TIMES = frozenset({"year", "date", "decade", "season", "time", "period", "vintage"})
# Words that people use for each other. Two columns whose words differ only in these are both shown as they stand.
_SYNONYMS = (
    {"sex", "gender"},
    {"price", "cost", "fare"},
    {"country", "nation"},
    {"salary", "wage", "pay", "income"},
    {"amount", "quantity", "count", "number"},
    {"company", "firm"},
    {"job", "occupation", "profession"},
)
_SAME = {word: min(group) for group in _SYNONYMS for word in group}


class SpokenColumn(Record, frozen=True):
    """One column in the words of a question.

    Attributes:
        name: The header.
        quoted: The header as it stands, as a Python literal if it is not plain.
        singular: What to say: "body mass", "number of bedrooms", or the header as it stands.
        plural: Its plural ("body masses", "countries"), or None if it has none.
        noun: How the words behave in a sentence.
        counted: The things of a "quantity" ("bedrooms"), for "how many bedrooms" and "the most bedrooms".
        unit: The unit's symbol.
        statistic: The aggregation that the words name themselves ("max" of "max temperature"), or None.
        clashes: Aggregations whose words before this column's name mean another column: "total" before "cost", if there
            is a column "total cost". Say "sum of cost" there.
        reason: Why questions show the header itself; empty if they say it in words.
    """

    name: str
    quoted: str
    singular: str
    plural: str | None = None
    noun: Noun = "header"
    counted: str | None = None
    unit: str | None = None
    statistic: Aggregation | None = None
    clashes: tuple[Aggregation, ...] = ()
    reason: str = ""

    @property
    def is_plural(self) -> bool:
        """True if the verb after `singular` takes its plural: "sales are"."""
        return self.noun == "amount"

    @property
    def one_value(self) -> str:
        """The words after "each", "every" and "which": "country", "weather value"."""
        return self.singular if self.noun in ("count", "quantity") else f"{self.singular} value"


def spoken_columns(profile: TableProfile) -> Mapping[str, SpokenColumn]:
    """Return the words for each column, by header, in the order of the table."""
    names = [column.name for column in profile.columns]
    shouted = sum(name.isupper() for name in names) >= SHOUTED_SHARE * len(names)
    result: dict[str, SpokenColumn] = {}
    for column in profile.columns:
        key = _key(column, column.title or column.name)
        others = [
            _key(other, text)
            for other in profile.columns
            for text in dict.fromkeys((other.title or other.name, other.name))
            if other is not column
        ]
        words = _words(column, shouted)
        if words.noun != "header" and (reason := _ambiguity(column, key, others)):
            words = _as_it_stands(column, reason)
        own = next((STATISTICS[word] for word in (key[0], key[-1]) if word in STATISTICS), None)
        if own is None and column.name.lower().startswith("total"):  # "totalvotes"
            own = "sum"
        clashes = tuple(sorted({name for other in others if (name := _statistic_of(other, key))}))
        result[column.name] = replace(words, statistic=own, clashes=clashes)
    return _one_style(profile, result)


def _one_style(profile: TableProfile, said: dict[str, SpokenColumn]) -> dict[str, SpokenColumn]:
    """Return the words, with the header for measures that share a word with a measure whose header stands.

    For example, `death_rate` is shown in a table with `hs_death_count`.
    """
    names = {column.name: frozenset(_key(column, column.name)) for column in profile.columns if _is_measured(column)}
    names = {name: words for name, words in names.items() if len(words) > 1}
    while raw := [name for name in names if said[name].noun == "header" and not said[name].reason.startswith(LONG)]:
        shown = frozenset[str]().union(*(names[name] for name in raw))
        alike = [
            column
            for column in profile.columns
            if names.get(column.name, frozenset()) & shown and said[column.name].noun != "header"
        ]
        for column in alike:
            stands = _as_it_stands(column, "a header that shares a word with it stands as it is")
            said[column.name] = replace(
                stands, statistic=said[column.name].statistic, clashes=said[column.name].clashes
            )
        if not alike:
            break
    return said


def _is_measured(column: ColumnProfile) -> bool:
    return column.title is None and column.kind in NUMERIC and column.role in MEASURED


def _words(column: ColumnProfile, shouted: bool) -> SpokenColumn:
    """Return the words for a column without a look at the others."""
    try:
        if column.unit not in (None, column.name.lower()) and not is_unit(column.unit) and not column.title:
            raise NotSpoken(f"{column.unit!r} is no known unit")
        words = noun_phrase(without_unit(column.title or column.name, column.unit), shouted)
        if column.unit in _MEASURING_UNITS and words[-1] not in _MEASURED_IN_THEM and "(" not in column.name:
            raise NotSpoken(f"{column.unit!r} says what is measured")
        return _noun(column, words)
    except NoNoun as because:
        return _with_noun(column, str(because))
    except NotSpoken as because:
        if column.title and (words := _plain_title(column)):
            return words
        return _as_it_stands(column, str(because))


def _as_it_stands(column: ColumnProfile, reason: str) -> SpokenColumn:
    quoted = repr(column.name) if column.name.lower() in SENTENCE_WORDS else header_label(column.name)
    return SpokenColumn(column.name, quoted, quoted, unit=column.unit, reason=reason)


def _with_noun(column: ColumnProfile, reason: str) -> SpokenColumn:
    """Return a measure whose header is no measure with a noun after it: "Injured count", "murder value"."""
    stands = _as_it_stands(column, reason)
    if not _is_measured(column) or column.name.lower() == "value":
        return stands
    last = raw_words(column.name)[-1].lower()
    counts = column.role == "additive" and column.kind == "integer" and is_participle(last) and last not in OF_MONEY
    return replace(stands, singular=f"{stands.quoted} {'count' if counts else 'value'}", noun="quantity")


def _plain_title(column: ColumnProfile) -> SpokenColumn | None:
    """Return the words of a title with unknown words that people can still say, such as "Mean SO2 in winter"."""
    text = without_unit(column.title or "", column.unit)
    words = text.split()
    if not re.fullmatch(r"[\w’ -]+", text) or not 1 <= len(words) <= MOST_TITLE_WORDS or not text[0].isalpha():
        return None
    if words[0].istitle() and parts_of_speech(words[0].lower()):
        words[0] = words[0].lower()
    return SpokenColumn(column.name, header_label(column.name), " ".join(words), noun="count", unit=column.unit)


def _noun(column: ColumnProfile, words: Sequence[str]) -> SpokenColumn:
    """Return a noun phrase in the form that fits the column's values. Raises NotSpoken for an unclear plural."""
    head = head_of(words)
    spoken = SpokenColumn(column.name, header_label(column.name), " ".join(words), unit=column.unit)
    if list(words[:2]) == ["number", "of"] and len(words) > 2:
        return replace(spoken, noun="quantity", counted=" ".join(words[2:]))
    if len(words) > 1 and not column.title:
        if column.kind == "boolean":
            raise NotSpoken("what is true or false may be no noun")  # "college bound is true"
        if column.kind in TEMPORAL and words[head] not in _DATES:
            raise NotSpoken("a date is called by the name of something else")  # "the earliest time hour"
        if column.role == "year" and words[head] not in _TIMES:
            raise NotSpoken("a year is called by the name of something else")  # "with earliest credit line 1996"
    number = grammatical_number(words[head])
    if number == "plural" and column.kind in NUMERIC:
        return _measured_plural(spoken, column, words[head])
    if number == "plural" and column.kind == "boolean":
        raise NotSpoken("a plural with two values")
    if (
        number == "plural"
        and column.top_values
        and all(value.strip("<>+").isdigit() for value, _ in column.top_values[:2])
    ):
        raise NotSpoken(f"{words[head]!r} are counted in a column of texts")  # "cylinder is '6'"
    if number == "plural" and column.role == "free_text":
        return replace(spoken, noun="amount")  # one cell holds several: "comments are missing"
    if number != "plural" and is_mass(words[head]):
        return replace(spoken, noun="mass")
    if {"and", "or"} & set(words):
        if number == "plural":
            raise NotSpoken("several plurals have no singular")  # "which countries and areas has"
        return replace(spoken, noun="count")
    one, several = ([*words[:head], form, *words[head + 1 :]] for form in _forms(words[head]))
    event = column.kind == "integer" and column.role == "additive" and words[head] in EVENTS and not column.unit
    if event or (column.kind in NUMERIC and "spread as counts" in column.role_reason and begins_low(column)):
        things = " ".join(several)
        return replace(spoken, singular=f"number of {things}", noun="quantity", counted=things)
    if _is_measured(column) and words[head] not in ACRONYMS.values() and not is_measurable(words[head]):
        if len(words) == 1:
            raise NoNoun(f"{words[head]!r} names no measure")  # "the lowest murder"
        raise NotSpoken(f"{words[head]!r} names no measure")  # "a women high school under 17.2"
    coded = column.kind in NUMERIC and column.role in ("ordinal", "category") and words[head] not in INVARIANT
    if coded:  # "exercise value 3", not "which exercise"
        return replace(spoken, singular=" ".join(one), noun="mass")
    return replace(spoken, singular=" ".join(one), plural=" ".join(several), noun="count")


def _forms(noun: str) -> tuple[str, str]:
    one = singular_word(noun)
    return one, plural_word(one)


def _measured_plural(spoken: SpokenColumn, column: ColumnProfile, head: str) -> SpokenColumn:
    """Return how to say a plural over numbers: an amount ("sales"), or a count of things ("number of seats")."""
    if head in AMOUNTS:
        return replace(spoken, noun="amount")
    per = (column.unit or "").startswith("per ") or " per " in spoken.singular
    if per or ((column.kind == "integer" or column.role == "additive") and column.unit in (None, spoken.singular)):
        first, _, rest = spoken.singular.partition(" ")
        if first in STATISTICS:
            return replace(spoken, singular=f"{first} number of {rest}", noun="quantity")
        if not per and not is_surely_counted(column, spoken.singular, head):
            raise NoNoun(f"{head!r} may be a count or what they cost")
        return replace(spoken, singular=f"number of {spoken.singular}", noun="quantity", counted=spoken.singular)
    raise NotSpoken(f"{head!r} may be a count of things or another measure of them")


def _key(column: ColumnProfile, text: str) -> tuple[str, ...]:
    """Return the base forms of a column's words. Equal keys mean that the words do not distinguish two columns."""
    words = [word.lower() for word in raw_words(without_unit(text, column.unit))]
    return tuple(base_form(word) for word in words if word not in FUNCTION_WORDS) or (column.name,)


def _bag(key: tuple[str, ...]) -> Counter[str]:
    """Return a key's words in any order, one word for all synonyms, without "number" and "count" beside others."""
    bag = Counter(_SAME.get(word, word) for word in key)
    return Counter({word: count for word, count in bag.items() if word != "amount"}) or bag


def _ambiguity(column: ColumnProfile, key: tuple[str, ...], others: Sequence[tuple[str, ...]]) -> str:
    """Return why a column's words could mean another column, or an empty text."""
    exact = not column.title and without_unit(column.name, column.unit) == column.name
    for other in others:
        if _bag(other) == _bag(key) or "".join(other) == "".join(key):
            return f"another column has the same words: {' '.join(other)!r}"
        if _statistic_of(key, other):
            return f"it could mean a statistic of the column {' '.join(other)!r}"
        if not exact and set(key) < set(other):
            return f"it could mean the column {' '.join(other)!r}"
    return ""


def _statistic_of(longer: tuple[str, ...], shorter: tuple[str, ...]) -> Aggregation | None:
    """Return the aggregation that `longer` names before or after the words of `shorter`: total cost of cost."""
    if longer[1:] == shorter:
        return STATISTICS.get(longer[0])
    return STATISTICS.get(longer[-1]) if longer[:-1] == shorter else None
