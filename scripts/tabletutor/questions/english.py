"""Small pieces of English: articles, plurals of phrases, numbers of things, lists, ordinals, dates, units."""

import re
from collections.abc import Sequence
from datetime import datetime

from tabletutor.questions.lexicon import MASS, grammatical_number, parts_of_speech, plural_word, singular_word

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth",
    "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth",
)  # fmt: skip
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
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
_CURRENCY = re.compile(r"[$€£¥]")
# The names of these letters begin with a vowel: an F, an X-ray.
_VOWEL_NAMES = frozenset("AEFHILMNORSX")
_CONSONANT_SOUND = re.compile(r"(?i)(eu|ewe|one\b|once\b|ukra|u[bcfghjkqrst][aeiou]|uni(?![nm]\w))")
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
    if len(word) == 1 or (word.isupper() and not _is_said_as_word(word)):
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


def singular(phrase: str) -> str:
    """Return a noun phrase with its head in the singular: "date of incidents" stays, "bill lengths" does not."""
    words = phrase.split(" ")
    head = head_index(words)
    words[head] = singular_word(words[head])
    return " ".join(words)


def is_mass(phrase: str) -> bool:
    """Return whether the head of a noun phrase is not counted: "precipitation", "infant mortality"."""
    words = phrase.split(" ")
    return words[head_index(words)] in MASS


def number_of(count: int, noun: str) -> str:
    """Return a count with its noun: "1 decimal place", "2 decimal places"."""
    return f"{count:,} {noun if count == 1 else plural(noun)}"


def number_word(number: int) -> str:
    """Return a small number as a word ("two"), one above twelve in digits. Raises ValueError below 0."""
    if number < 0:
        raise ValueError(f"no word for {number}: give 0 or more")
    return NUMBERS[number] if number < len(NUMBERS) else f"{number:,}"


def ordinal(number: int) -> str:
    """Return a place: "second", "twelfth", "21st". Raises ValueError below 1."""
    if number < 1:
        raise ValueError(f"no ordinal for {number}: give 1 or more")
    if number <= len(ORDINALS):
        return ORDINALS[number - 1]
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def join(items: Sequence[str], word: str = "and") -> str:
    """Return items as a list in a sentence: "A", "A and B", "A, B and C". Raises ValueError for no items."""
    if not items:
        raise ValueError("no items to join: give at least one")
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {word} {items[-1]}"


def percent(value: float | str) -> str:
    """Return a percentage: "12 %"."""
    return f"{value} %"


def date_words(value: str) -> str:
    """Return an ISO 8601 date, or date with time, in words: "1 March 2012", "1 March 2012 at 14:05".

    Raises ValueError for another text.
    """
    moment = datetime.fromisoformat(value)
    day = f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"
    if "T" not in value and " " not in value.strip():
        return day
    return f"{day} at {moment.hour:02}:{moment.minute:02}{f':{moment.second:02}' if moment.second else ''}"


def with_unit(value: float | str, unit: str | None) -> str:
    """Return a value with its unit: "5 g", "$5", "12 %", "$5 per capita"; the value alone without a unit."""
    if not unit:
        return str(value)
    if symbol := _CURRENCY.match(unit):
        return f"{symbol[0]}{value}{unit[len(symbol[0]) :]}"
    return f"{value} {unit}"


def is_unit(text: str) -> bool:
    """Return whether a text is a unit that can follow a value: "kg", "kilograms", "$ per capita", "per 1000"."""
    symbol, _, rest = text.partition(" ")
    known = text in UNIT_NAMES or text in UNIT_NAMES.values()
    return known or symbol == "per" or (symbol in UNIT_NAMES and rest.startswith("per "))


def unit_words(unit: str) -> str:
    """Return a unit in words: "grams", "percent", "dollars per capita"; an unknown one unchanged."""
    symbol, space, rest = unit.partition(" ")
    return UNIT_NAMES[unit] if unit in UNIT_NAMES else f"{UNIT_NAMES.get(symbol, symbol)}{space}{rest}"
