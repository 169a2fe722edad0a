"""Split a header into English words, or say why it is not said in words: symbols, abbreviations, sentences."""

import re
from collections.abc import Mapping, Sequence

from tabletutor.programs.grammar import Aggregation
from tabletutor.questions.english import FUNCTION_WORDS, PREPOSITIONS, head_index
from tabletutor.questions.lexicon import grammatical_number, is_participle, parts_of_speech, word_set

MOST_WORDS = 5
LONG = "more than"  # begins the reason of a header of too many words
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SEPARATORS = re.compile(r"[_\-]+|\.(?=\w)")
_WORD = re.compile(r"[A-Za-z]+")
# Lower-case abbreviations that everybody says, as they are written in a sentence.
ACRONYMS = {
    "bmi": "BMI", "dna": "DNA", "gdp": "GDP", "gnp": "GNP", "gpa": "GPA", "hiv": "HIV", "id": "ID", "iq": "IQ",
    "ph": "pH", "uk": "UK", "url": "URL", "us": "US", "usa": "USA",
}  # fmt: skip
_AFTER_AGE = word_set("band bracket category class difference gap group limit range rating")
_TIMES = frozenset({"years", "months", "weeks", "days", "hours", "minutes", "seconds"})
_COUNTRIES = frozenset({"UK", "US", "USA"})
# The only words of up to three letters that are read as words. Others are more often abbreviations (pop, cat, lot).
SHORT_WORDS = word_set("""
    act add age aid air arm art bag ban bar bay bed bid big box bus cab car cap cup cut dam day dog dry due ear egg
    end era eye fan far fat fee few fin fog fur gas get hat hip hit hot ice ink ion job key kid lap law leg lip log
    low man map men net new nut off oil old one out own pay pen pet pig pit raw red row run sea sex sky son sum sun
    tax tea tie tip top toy two use van war way web wet win non sub zip
""")
# Words that name a statistic, with the aggregation of programs that computes it.
STATISTICS: Mapping[str, Aggregation] = {
    "total": "sum", "sum": "sum", "combined": "sum", "mean": "mean", "average": "mean", "avg": "mean",
    "median": "median", "max": "max", "maximum": "max", "highest": "max", "largest": "max", "greatest": "max",
    "min": "min", "minimum": "min", "lowest": "min", "smallest": "min", "std": "std", "variance": "var",
    "count": "count",
}  # fmt: skip
# Single words that are nouns first, though the lexicon also has them as adjectives.
NOUNS_FIRST = word_set("""
    chemical color colour consonant constituent continent country criminal customer dollar evening family fat flat
    gender individual island lead level light location machine mass measure morning mountain number party patient
    pedestrian period present president professional rank region rest root sample school season sector seed service
    side size state status summer type value volume weekend weight width winter worth
""")
# Headers that begin with these put the noun first ("Date Egg", "Cost Repair"), as nobody speaks.
_NOUN_FIRST = word_set("amount cost count date number")
# Nouns by the lexicon that no question can ask about when they end a header.
NOT_HEADS = word_set("""
    total mean average median max maximum min minimum combined highest lowest largest smallest greatest other others
    active actual annual adult current daily domestic final first foreign former free full general high initial
    international large last late least legal less local long low main major male female medium minor monthly more
    most native national net new next normal official old original overall per percent previous private public quick
    raw recent red regular relative residual second short single small special standard third top two three unknown
    urban rural used variable weekly wide yearly numeric
""")
# Headers that a sentence would take for its own words: "a single value above 5", "the last value", "the average count".
SENTENCE_WORDS = FUNCTION_WORDS | word_set("""
    all any average black bottom both count different double each every few first half highest last least less lowest
    many maximum mean median minimum missing more most much next no none number only other others rest row rows rural
    same several single some sum this top total unique urban value white
""")
# Such a word before a noun is taken for the sentence's own: "the highest other income".
_NOT_FIRST = word_set("different double each every missing next none only other same single")
# A participle may follow these nouns: "year discovered". It may also follow a plural: "petitions received".
_BEFORE_PARTICIPLE = frozenset({"amount", "date", "number", "time", "year"})


class NotSpoken(Exception):
    """The header stands as it is in questions. The message says why."""


class NoNoun(NotSpoken):
    """The words of the header are known, but the last one is no noun: "injured"."""


def raw_words(text: str) -> list[str]:
    """Return the words of snake_case, camelCase, kebab-case, dotted and spaced headers, in their own case."""
    spaced = text if re.search(r"\s", text.strip()) else _SEPARATORS.sub(" ", text)
    words = spaced.replace("_", " ").split()
    return [part for word in words for part in ([word] if word.lower() in ACRONYMS else _CAMEL.sub(" ", word).split())]


def without_unit(text: str, unit: str | None) -> str:
    """Return a header without the unit at its end: "Body Mass (g)", "weight_kg", "Speed in knots"."""
    if not unit:
        return text
    end = re.escape(unit)
    stripped = re.sub(rf"(?i)\s*(?:[(\[]\s*{end}\s*[)\]]|[\s_,.\-]+(?:in[\s_]+)?{end})\s*$", "", text)
    return stripped or text


def noun_phrase(text: str, shouted: bool) -> list[str]:
    """Return the words of a header in the form that a sentence uses.

    `shouted`: the table writes its headers in capitals, so a word in capitals is no abbreviation. Raises NotSpoken if
    the header is no noun phrase of known English words.
    """
    words = _spell_number(raw_words(text))
    if not words:
        raise NotSpoken("the header is empty")
    if len(words) > MOST_WORDS:
        raise NotSpoken(f"{LONG} {MOST_WORDS} words")
    pairs = zip(["", *words], words, strict=False)
    if odd := next((word for before, word in pairs if not _WORD.fullmatch(word) and not _is_base(before, word)), None):
        raise NotSpoken(f"{odd!r} has a character that is no letter")
    said = [_said(word, place in (0, len(words) - 1), shouted) for place, word in enumerate(words)]
    _check_grammar(said)
    return said


def head_of(words: Sequence[str]) -> int:
    """Return the place of the head of a noun phrase, before a preposition or a participle: "petitions" received."""
    head = head_index(words)
    if head and _follows_noun(words[head]) and "NOUN" in parts_of_speech(words[head - 1]):
        before = words[head - 1]
        if before in _BEFORE_PARTICIPLE or grammatical_number(before) == "plural":
            return head - 1
    return head


def _follows_noun(word: str) -> bool:
    only_seldom_noun = word.endswith("ed") or "NOUN" not in parts_of_speech(word)  # "the affected"
    return word == "pending" or (is_participle(word) and only_seldom_noun)


def _spell_number(words: list[str]) -> list[str]:
    """Return `num_rooms` and `num_of_rooms` as "number of rooms"; other words unchanged."""
    number = [word for word in words[1:] if grammatical_number(word.lower()) == "plural"]
    if not words or words[0].lower() != "num" or not number:
        return words
    return ["number", "of", *(words[2:] if words[1].lower() == "of" else words[1:])]


def _is_base(before: str, word: str) -> bool:
    """Return whether a word is the number of a rate: "births per 1000"."""
    return before.lower() == "per" and word.isdigit()


def _said(word: str, outer: bool, shouted: bool) -> str:
    lower = word.lower()
    if word.isdigit():
        return word
    if word.isupper() and len(word) > 1 and not (shouted and parts_of_speech(lower)):
        if len(word) > MOST_WORDS:
            raise NotSpoken(f"{word!r} is in capitals")
        return word
    if lower in ACRONYMS:
        return ACRONYMS[lower]
    if lower in FUNCTION_WORDS:
        if outer:
            raise NotSpoken(f"{word!r} begins or ends the header")
        return lower
    if not parts_of_speech(lower) or (len(lower) <= 3 and lower not in SHORT_WORDS):
        raise NotSpoken(f"{word!r} is no known English word")
    return lower


def _check_grammar(words: Sequence[str]) -> None:
    """Raise NotSpoken unless the words are modifiers, a noun, and what may follow it."""
    head = head_of(words)
    noun = words[head]
    if len(words) == 1 and noun in SENTENCE_WORDS:
        raise NoNoun(f"{noun!r} could be a word of the sentence")
    if words[0] in _NOT_FIRST:
        raise NotSpoken(f"{words[0]!r} could be a word of the sentence")
    if head > 0 and words[0] in _TIMES:
        raise NotSpoken(f"{words[0]!r} may be counted or not")  # "a weeks reporting"
    if noun in _COUNTRIES and len(words) > 1:
        raise NotSpoken(f"{noun!r} stands after what is measured there")
    if noun in ACRONYMS.values():
        pass
    elif noun.isupper():
        raise NotSpoken(f"{noun!r} is an abbreviation")
    elif "NOUN" not in parts_of_speech(noun) or noun in NOT_HEADS:
        raise NoNoun(f"{noun!r} is no noun that can be measured or named")
    elif len(words) == 1 and "ADJ" in parts_of_speech(noun) and noun not in NOUNS_FIRST:
        raise NoNoun(f"{noun!r} may be an adjective")
    if any(word in PREPOSITIONS for word in words[:head]):
        raise NotSpoken("a preposition stands before the noun")
    for word in (*words[:head], *words[head + 1 :]):
        if word.islower() and word not in FUNCTION_WORDS and not _may_modify(word):
            raise NotSpoken(f"{word!r} makes the header a sentence")
    if words[0] == "age" and head == 1 and noun not in _AFTER_AGE:
        raise NotSpoken("'age' stands before whose age it is")
    if (words[0] in _NOUN_FIRST and head > 0) or words[0] == "percent":
        raise NotSpoken(f"{words[0]!r} stands before what it is of")


def _may_modify(word: str) -> bool:
    return bool(parts_of_speech(word) & {"NOUN", "ADJ"}) or is_participle(word)
