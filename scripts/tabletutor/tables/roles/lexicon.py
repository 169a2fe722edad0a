"""The words of headers and what they say (`lexicon.toml`)."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tabletutor.tables.roles.words import Words, singular, split_header

# What a word may say of a column of numbers, and of a column of text. The first concept whose values fit counts.
NUMBER_CONCEPTS = (
    *("latitude", "longitude", "axis", "year", "month", "weekday", "day", "day_of_year", "week", "quarter", "clock"),
    *(
        "hour",
        "minute",
        "second",
        "date",
        "identifier",
        "code",
        "share",
        "rate",
        "per_item",
        "statistic",
        "count",
        "money",
    ),
    *("quantity", "price", "duration", "age", "direction", "physical"),
    *("score", "parts", "ordinal", "flag", "group", "name"),
)
TEXT_CONCEPTS = (
    *("location", "year", "month", "weekday", "quarter", "season", "day_time", "clock", "date", "code"),
    *("identifier", "free_text", "group", "name", "flag", "ordinal"),
)
# What only a singular says of numbers: "crew 7" names a crew, but "crews" are counted.
NAMING_CONCEPTS = frozenset(
    {"name", "identifier", "code", "ordinal", "flag", "group", "year", "month", "day", "hour", "date"}
)
# What a word says only as the last of its header, unless it is one of LEADING: a lot frontage is no lot.
HEAD_CONCEPTS = frozenset({"identifier", "code", "name"})
LEADING = frozenset({"id", "code", "number", "fips", "zip", "phone", "sku"})


@dataclass(frozen=True)
class Hit:
    """A word or phrase of a header that says something, with its concepts, the likeliest first.

    `at_end` is True if it ends the head part of the header; `named` is as the reason quotes it.
    """

    named: str
    concepts: tuple[str, ...]
    at_end: bool = False


@dataclass(frozen=True)
class Lexicon:
    """Words and phrases with their concepts, abbreviations, modifiers and units."""

    abbreviations: dict[str, tuple[str, ...]]
    glue: frozenset[str]
    words: dict[str, tuple[str, ...]]
    phrases: dict[tuple[str, ...], tuple[str, ...]]
    modifiers: dict[str, frozenset[str]]
    units: dict[str, tuple[str, str]]
    known: frozenset[str]

    def split(self, header: str) -> Words:
        """Return the words of a header."""
        return split_header(header, self.abbreviations, self.known, self.glue)

    def hits(self, words: Words, concepts: tuple[str, ...]) -> list[Hit]:
        """Return what the words say, among `concepts`: the longest phrase first, then the words from the last of the
        head part to its first, then the rest and the words in brackets.
        """
        found: list[Hit] = []
        spoken = words.all
        spans = [(i, j) for i in range(len(spoken)) for j in range(len(spoken), i + 1, -1)]
        for i, j in sorted(spans, key=lambda span: (span[0] - span[1], -span[1])):
            said = self._among(self.phrases.get(spoken[i:j], ()), concepts)
            if said:
                found.append(Hit(" ".join(spoken[i:j]), said, at_end=j == len(words.head)))
        order = [*reversed(words.head), *words.rest, *words.bracketed]
        for place, word in enumerate(order):
            said = self._among(self.concepts(word), concepts)
            if word not in self.words and concepts == NUMBER_CONCEPTS:
                said = tuple(concept for concept in said if concept not in NAMING_CONCEPTS)
            if place and word not in LEADING:
                heads = HEAD_CONCEPTS if concepts == NUMBER_CONCEPTS else HEAD_CONCEPTS - {"name"}
                said = tuple(concept for concept in said if concept not in heads)
            is_unit = word in self.units and self.units[word][1] != "duration" and len(words.head) > 1
            if said and not is_unit:
                found.append(Hit(word, said, at_end=place == 0 and bool(words.head)))
        return found

    def concepts(self, word: str) -> tuple[str, ...]:
        """Return all concepts of a word or of its singular."""
        return self.words.get(word) or self.words.get(singular(word), ())

    def modifier(self, words: Words, kind: str) -> str | None:
        """Return the first word that is a modifier of this kind ("intensive" or "additive"), or None."""
        return next((word for word in words.all if word in self.modifiers[kind]), None)

    def unit(self, words: Words) -> tuple[str, str, str] | None:
        """Return the word that is a unit, the unit, and its concept ("weight_kg"), or None."""
        for word in (*words.bracketed, *reversed(words.all)):
            if word in self.units:
                return (word, *self.units[word])
        return None

    @staticmethod
    def _among(said: tuple[str, ...], concepts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(concept for concept in concepts if concept in said)


@cache
def lexicon() -> Lexicon:
    """Return the lexicon, read once."""
    raw = tomllib.loads(Path(__file__).with_name("lexicon.toml").read_text(encoding="utf-8"))
    words: dict[str, list[str]] = {}
    for concept, entries in raw["words"].items():
        for word in entries:
            words.setdefault(word, []).append(concept)
    abbreviations = {short: tuple(long.split()) for short, long in raw["abbreviations"].items()}
    phrases: dict[tuple[str, ...], list[str]] = {}
    for concept, entries in raw["phrases"].items():
        for phrase in entries:
            phrases.setdefault(tuple(phrase.split()), []).append(concept)
    modifiers = {kind: frozenset(entries) for kind, entries in raw["modifiers"].items()}
    return Lexicon(
        abbreviations=abbreviations,
        glue=frozenset(raw["glue"]["words"]),
        words={word: tuple(concepts) for word, concepts in words.items()},
        phrases={phrase: tuple(concepts) for phrase, concepts in phrases.items()},
        modifiers=modifiers,
        units={word: (unit, concept) for word, (unit, concept) in raw["units"].items()},
        known=frozenset(words).union(*modifiers.values()) - frozenset(abbreviations),
    )
