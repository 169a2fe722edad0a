"""Small pieces of English: articles, plurals of phrases, numbers of things, units."""

import re
from collections.abc import Sequence

from tabletutor.questions.lexicon import MASS, grammatical_number, parts_of_speech, plural_word

PREPOSITIONS = frozenset(
    {"of", "per", "in", "on", "at", "by", "for", "to", "from", "with", "without", "before", "after", "under", "over"}
)
FUNCTION_WORDS = PREPOSITIONS | {"and", "or", "the", "a", "an", "than", "between", "as"}

# A symbol of a unit, and its name after a number.
UNIT_NAMES = {
    "mm": "millimetres", "cm": "centimetres", "m": "metres", "km": "kilometres", "in": "inches", "ft": "feet",
    "mi": "miles", "mg": "milligrams", "g": "grams", "kg": "kilograms", "t": "tonnes", "lb": "pounds", "lbs": "pounds",
    "oz": "ounces", "ml": "millilitres", "l": "litres", "ha": "hectares", "sq. mi.": "square miles",
    "sq mi": "square miles", "sq ft": "square feet", "km²": "square kilometres", "km2": "square kilometres",
    "m²": "square metres", "m2": "square metres", "s": "seconds", "sec": "seconds", "min": "minutes", "h": "hours",
    "hrs": "hours", "ms": "milliseconds", "km/h": "kilometres per hour", "mph": "miles per hour",
    "m/s": "metres per second", "mpg": "miles per gallon", "°C": "degrees Celsius", "°F": "degrees Fahrenheit",
    "K": "kelvins", "W": "watts", "kW": "kilowatts", "MW": "megawatts", "kWh": "kilowatt-hours", "hp": "horsepower",
    "%": "percent", "$": "dollars", "USD": "US dollars", "€": "euros", "EUR": "euros", "£": "pounds",
    "GBP": "pounds sterling", "¥": "yen",
}  # fmt: skip
# The names of these letters begin with a vowel: an F, an X-ray.
_VOWEL_NAMES = frozenset("AEFHILMNORSX")
_CONSONANT_SOUND = re.compile(r"(?i)(eu|ewe|one\b|once\b|ukra|u[bcfghjkqrst][aeiou]|uni(?![nm]\w))")
# People read the names of a letter alone or before a digit ("m1"), and of letters without a vowel ("hs_grad").
_SPELT = re.compile(r"(?i)([a-z](?![a-z])|[b-df-hj-np-tv-xz]+$)")
_SILENT_H = re.compile(r"(?i)(hour|honest|hono[u]?r|heir)")


def decapitalise(sentence: str) -> str:
    """Return a sentence for the middle of another: "What is" becomes "what is", "I need" stays."""
    return sentence if sentence.startswith("I ") else f"{sentence[:1].lower()}{sentence[1:]}"


def a_or_an(phrase: str) -> str:
    """Return a phrase with the article that fits its first sound: "an hour", "a unit", "an MPG", "an 8-cylinder"."""
    return f"{'an' if _begins_with_vowel(phrase) else 'a'} {phrase}"


def _begins_with_vowel(phrase: str) -> bool:
    word = re.split(r"[\s_\-/]", phrase.lstrip("'\"“‘("), maxsplit=1)[0]
    if digits := re.match(r"[\d.,]+", word):
        whole = digits[0].partition(".")[0].replace(",", "")
        return whole.startswith("8") or (whole.startswith(("11", "18")) and len(whole) % 3 == 2)
    if _SPELT.match(word) or (word.isupper() and not _is_said_as_word(word)):
        return word[:1].upper() in _VOWEL_NAMES
    return (bool(re.match("(?i)[aeiou]", word)) and not _CONSONANT_SOUND.match(word)) or bool(_SILENT_H.match(word))


def _is_said_as_word(capitals: str) -> bool:
    """Return whether a word in capitals is a word ("AGE") and no initialism ("MPG", "US")."""
    return len(capitals) > 2 and bool(parts_of_speech(capitals.lower()))


def head_index(words: Sequence[str]) -> int:
    """Return the position of a noun phrase's head: the word before its first preposition, else the last one."""
    return next((place - 1 for place, word in enumerate(words) if word in PREPOSITIONS and place), len(words) - 1)


def plural(phrase: str) -> str:
    """Return a noun phrase with its head in the plural: "causes of death", "body masses"; a plural stays."""
    words = phrase.split(" ")
    head = head_index(words)
    if grammatical_number(words[head]) != "plural":
        words[head] = plural_word(words[head])
    return " ".join(words)


def is_mass(phrase: str) -> bool:
    """Return whether the head of a noun phrase is not counted: "precipitation", "infant mortality"."""
    words = phrase.split(" ")
    return words[head_index(words)] in MASS


def number_of(count: int, noun: str) -> str:
    """Return a count with its noun: "1 decimal place", "2 decimal places"."""
    return f"{count:,} {noun if count == 1 else plural(noun)}"


def is_unit(text: str) -> bool:
    """Return whether a text is a unit that can follow a value: "kg", "kilograms", "$ per capita", "per 1000"."""
    symbol, _, rest = text.partition(" ")
    known = text in UNIT_NAMES or text in UNIT_NAMES.values()
    return known or symbol == "per" or (symbol in UNIT_NAMES and rest.startswith("per "))
