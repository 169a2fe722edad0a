"""Words for the ends of a column: the highest fare, the oldest passenger, the most seats; never two at once.

A superlative of the measure goes before the column's words ("the highest fare") or after "is" ("its fare is highest").
A superlative of the thing goes before what a row is about ("the most expensive car").
"""

from collections.abc import Mapping

from tabletutor.programs.grammar import Direction
from tabletutor.questions.header_words import SpokenColumn
from tabletutor.questions.lexicon import singular_word, word_set
from tabletutor.records.record import Record
from tabletutor.records.table import TEMPORAL, ColumnProfile

Ends = tuple[str, str]  # for the direction "largest" and for "smallest"


class _Sense(Record, frozen=True):
    """The words that name a kind of measure, with the superlatives of the measure and of the thing that has it."""

    words: frozenset[str]
    measure: Ends
    thing: Ends | None = None


_HIGH = ("highest", "lowest")
_LARGE = ("largest", "smallest")
_LONG = ("longest", "shortest")
_LATE = ("latest", "earliest")
_SENSES = (
    _Sense(word_set("age"), _HIGH, ("oldest", "youngest")),
    _Sense(word_set("cost fare fee price rent tuition"), _HIGH, ("most expensive", "cheapest")),
    _Sense(word_set("date"), _LATE, ("latest", "earliest")),
    _Sense(word_set("year"), _LATE),
    _Sense(word_set("duration lifespan runtime"), _LONG, ("longest", "shortest")),
    _Sense(word_set("length"), ("greatest", "smallest"), ("longest", "shortest")),
    _Sense(word_set("wingspan"), ("widest", "narrowest")),
    _Sense(word_set("distance"), ("longest", "shortest"), ("farthest", "nearest")),
    _Sense(word_set("mass weight"), ("greatest", "smallest"), ("heaviest", "lightest")),
    _Sense(word_set("height"), ("greatest", "smallest"), ("tallest", "shortest")),
    _Sense(word_set("depth"), ("greatest", "smallest"), ("deepest", "shallowest")),
    _Sense(word_set("width"), ("greatest", "smallest"), ("widest", "narrowest")),
    _Sense(word_set("speed velocity"), _HIGH, ("fastest", "slowest")),
    _Sense(word_set("acreage area population size"), _LARGE, _LARGE),
    _Sense(word_set("amount number quantity volume"), _LARGE),
    _Sense(word_set("temperature"), _HIGH, ("hottest", "coldest")),
)
_ORDINARY = _Sense(frozenset(), _HIGH)
_BY_WORD: Mapping[str, _Sense] = {word: sense for sense in _SENSES for word in sense.words}
# A rank of 1 is the highest rank but the lowest number, so only the number is spoken of.
_RANKS = word_set("grade place position rank ranking standing")
# What a measure that is an end itself is called beside a superlative: the highest minimum fare.
_PLAIN_ENDS = {
    **dict.fromkeys(("highest", "largest", "greatest", "longest", "latest", "most", "biggest", "top"), "maximum"),
    **dict.fromkeys(("lowest", "smallest", "least", "shortest", "earliest", "fewest"), "minimum"),
}


class Superlative(Record, frozen=True):
    """The words for one end of a column: `measure` for its values, `thing` for a row that has such a value, if any.

    `counted` is what that row has, if the column is a count of things: "most seats".
    """

    measure: str
    thing: str | None = None
    counted: str | None = None

    def of(self, noun: str) -> str:
        """Return the superlative before a noun phrase. A superlative in it becomes plain: "highest minimum fare"."""
        first, space, rest = noun.partition(" ")
        return f"{self.measure} {_PLAIN_ENDS.get(first, first)}{space}{rest}"

    @property
    def predicate(self) -> str:
        """The superlative after the measure as subject: "is highest"."""
        return f"is {self.measure}"


def superlative(profile: ColumnProfile, spoken: SpokenColumn, direction: Direction) -> Superlative:
    """Return the words for the largest or the smallest value of a column."""
    place = 0 if direction == "largest" else 1
    head = _head(spoken)
    if head in _RANKS and spoken.noun != "header":
        return Superlative(("numerically highest", "numerically lowest")[place])
    sense = _BY_WORD.get(head, _ORDINARY)
    if profile.kind in TEMPORAL:
        sense = _BY_WORD["date"]
    elif profile.role == "year":
        sense = _BY_WORD["year"]
    elif profile.role == "duration" and sense is _ORDINARY:
        sense = _BY_WORD["duration"]
    if spoken.counted:
        return Superlative(sense.measure[place], counted=f"{('most', 'fewest')[place]} {spoken.counted}")
    return Superlative(sense.measure[place], sense.thing[place] if sense.thing else None)


def _head(spoken: SpokenColumn) -> str:
    """Return the last word before a preposition, in the singular: the word that says what is measured."""
    words = spoken.singular.split(" ")
    before = next((place for place, word in enumerate(words) if word in ("of", "in", "at", "per")), len(words))
    return singular_word(words[max(before - 1, 0)].lower())
