"""Words for the ends of a column: the highest fare, the most recent date; never two superlatives at once."""

from collections.abc import Mapping

from tabletutor.programs.grammar import Direction
from tabletutor.questions.english import head_index
from tabletutor.questions.header_parse import raw_words, without_unit
from tabletutor.questions.lexicon import singular_word, word_set
from tabletutor.records.record import Record
from tabletutor.records.table import TEMPORAL, ColumnProfile

Ends = tuple[str, str]  # for the direction "largest" and for "smallest"


class _Sense(Record, frozen=True):
    """The words that name a kind of measure, with its superlatives, the most usual first."""

    words: frozenset[str]
    measure: tuple[Ends, ...]


_HIGH = ("highest", "lowest")
_GREAT = ("greatest", "smallest")
_LARGE = ("largest", "smallest")
_LONG = ("longest", "shortest")
_DATE = _Sense(word_set("date"), (("latest", "earliest"), ("most recent", "earliest")))
_DURATION = _Sense(word_set("duration lifespan runtime"), (_LONG,))
_SENSES = (
    _DATE,
    _DURATION,
    _Sense(word_set("year"), (("latest", "earliest"), ("most recent", "earliest"))),
    _Sense(word_set("age cost fare fee price rent speed temperature tuition velocity"), (_HIGH,)),
    _Sense(word_set("depth height length width wingspan"), (_GREAT,)),
    _Sense(word_set("distance"), (_LONG, _GREAT)),
    _Sense(word_set("mass weight"), (_GREAT, _HIGH)),
    _Sense(word_set("acreage area population size"), (_LARGE,)),
    _Sense(word_set("amount number quantity volume"), (_LARGE, _HIGH)),
    # A rank of 1 is the highest rank but the lowest number, so only the number is compared.
    _Sense(word_set("grade place position rank ranking standing"), (("numerically highest", "numerically lowest"),)),
)
_ORDINARY = _Sense(frozenset(), (_HIGH,))
_BY_WORD: Mapping[str, _Sense] = {word: sense for sense in _SENSES for word in sense.words}
# What a measure that is an end itself is called beside a superlative: the highest minimum fare.
_PLAIN_ENDS = {
    **dict.fromkeys(("highest", "largest", "greatest", "longest", "latest", "most", "biggest"), "maximum"),
    **dict.fromkeys(("lowest", "smallest", "least", "shortest", "earliest", "fewest"), "minimum"),
}


def superlative(column: ColumnProfile, direction: Direction) -> tuple[str, ...]:
    """Return the words for an end of a column: "the highest fare", "whose fare is highest". The most usual is first."""
    return tuple(dict.fromkeys(_end(ends, direction) for ends in _sense(column).measure))


def with_superlative(word: str, noun: str) -> str:
    """Return a superlative before a noun phrase. A superlative in the phrase becomes plain: "highest minimum fare"."""
    first, space, rest = noun.partition(" ")
    return f"{word} {_PLAIN_ENDS.get(first, first)}{space}{rest}"


def _end(ends: Ends, direction: Direction) -> str:
    return ends[0 if direction == "largest" else 1]


def _sense(column: ColumnProfile) -> _Sense:
    if column.kind in TEMPORAL:
        return _DATE
    words = [word.lower() for word in raw_words(without_unit(column.title or column.name, column.unit))]
    if not words:
        return _ORDINARY
    head = words[head_index(words)]
    several = singular_word(head) != head  # counted years or days are neither late nor long
    sense = _BY_WORD.get(singular_word(head), _ORDINARY)
    if several and column.role == "duration":
        return _ORDINARY
    if sense is _ORDINARY and column.role in ("year", "duration"):
        return _BY_WORD[column.role]
    return sense
