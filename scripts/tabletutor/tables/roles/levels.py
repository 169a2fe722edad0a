"""Find the order of categories: scales of words (`scales.toml`), ranges ("10-19", "50s"), levels ("Stage 2")."""

import re
import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MAX_LEVELS = 60
MIN_LETTERS = 3
MIN_GLUED = 5
_NUMBER = r"[$€£<>≥≤]?\s*(\d[\d,]*(?:\.\d+)?)\s*(?:k|m|%|yrs?|years?|old|and)?"
_RANGE = re.compile(rf"\D{{0,12}}?{_NUMBER}\s*(?:-|–|—|to|,)\s*{_NUMBER}[^\d]{{0,16}}", re.IGNORECASE)
_BELOW = re.compile(
    rf"(?:<|≤|<=|under|less than|below|up to|younger than|at most)\s*{_NUMBER}[^\d]{{0,16}}", re.IGNORECASE
)
_OR_MORE = r"\+|plus|and over|or more|and older|or older|and above|and up"
_ABOVE = re.compile(
    rf"(?:>|≥|>=|over|more than|above|at least|older than)\s*{_NUMBER}[^\d]{{0,16}}"
    rf"|{_NUMBER}\s*(?:{_OR_MORE})[^\d]{{0,12}}",
    re.IGNORECASE,
)
_INTERVAL = re.compile(r"[\[(]\s*(-?[\d.e+]+|-inf)\s*,\s*(-?[\d.e+]+|inf)\s*[\])]", re.IGNORECASE)
_ROUND = re.compile(r"(\d{0,3}0)'?s\+?")
_ORDINAL = re.compile(r"(\d{1,3})(?:st|nd|rd|th)(?:\s+\w+)?", re.IGNORECASE)
_NUMBERED = re.compile(r"([A-Za-z][A-Za-z ]*?)[ _-]?(\d{1,3}|[IVX]{1,5})([abc]?)")
_MEASURED = re.compile(r"(\d+(?:\.\d+)?)\s?(kg|cm|lbs?|mm|km|ft|mi|mph|hp|cc|g|m)\b.*")
_FEET = re.compile(r"""(\d)\s?(?:'|′|ft\.?)\s*(?:(\d{1,2}(?:\.\d+)?)\s?(?:"|″|''|in\.?)?)?""")
_PREFIXED = re.compile(r"\s*(\d{1,2})[.):]\s*\D")
_ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9, "X": 10}


@dataclass(frozen=True)
class Order:
    """Ordered values, lowest first, the name of what orders them, and whether they are parts of a date."""

    levels: tuple[str, ...]
    name: str
    part_of_date: bool = False


@dataclass(frozen=True)
class Scale:
    """An ordered scale of words. `ranks` gives the place of each spelling."""

    name: str
    ranks: dict[str, int]
    header: frozenset[str]
    part_of_date: bool


@dataclass(frozen=True)
class Orders:
    """The content of `scales.toml`: scales, words for "unknown", nouns and headers of numbered levels, opposites."""

    scales: tuple[Scale, ...]
    unknown: frozenset[str]
    nouns: frozenset[str]
    headers: frozenset[str]
    opposites: frozenset[frozenset[str]]


@cache
def orders() -> Orders:
    """Return the content of `scales.toml`, read once."""
    raw = tomllib.loads(Path(__file__).with_name("scales.toml").read_text(encoding="utf-8"))
    scales = tuple(
        Scale(
            name=entry["name"],
            ranks={word: place for place, level in enumerate(entry["levels"]) for word in level.split("|")},
            header=frozenset(entry.get("header", ())),
            part_of_date=entry.get("part_of_date", False),
        )
        for entry in raw["scale"]
    )
    opposites = frozenset(frozenset(pair) for pair in raw["opposites"])
    return Orders(scales, frozenset(raw["unknown"]), frozenset(raw["numbered"]), frozenset(raw["ordered"]), opposites)


def find_order(values: Sequence[str], header: Collection[str]) -> Order | None:
    """Return the order of distinct values if they are the levels of a scale, ranges or numbered levels, else None.

    `header`: the words of the column's header.
    """
    known = [value for value in values if value.strip().casefold() not in orders().unknown]
    if not 2 <= len(known) <= MAX_LEVELS:
        return None
    return _scale_order(known, header) or _range_order(known) or _numbered_order(known, header)


def _scale_order(values: Sequence[str], header: Collection[str]) -> Order | None:
    folded = {value: re.sub(r"[\s_]+", " ", value.strip().casefold()) for value in values}
    found = [
        scale
        for scale in orders().scales
        if all(word in scale.ranks for word in folded.values())
        and (not scale.header or _is_named(scale.header, header))
        and len({scale.ranks[word] for word in folded.values()}) >= (MIN_LETTERS if _are_letters(values) else 2)
    ]
    if not found:
        return None
    scale = min(found, key=lambda scale: (not scale.header, len(scale.ranks)))
    ordered = sorted(values, key=lambda value: (scale.ranks[folded[value]], value))
    return Order(tuple(ordered), scale.name, scale.part_of_date)


def _is_named(names: Collection[str], header: Collection[str]) -> bool:
    """Return whether a header has one of the words, also with a letter before it: "tgrade"."""
    return any(word in names or (len(word) > MIN_GLUED and word[1:] in names) for word in header)


def _are_letters(values: Sequence[str]) -> bool:
    """Return whether the values are too short to mean one thing: "S" and "L" may be sizes or anything."""
    return all(len(value.strip()) < MIN_LETTERS for value in values)


def _range_order(values: Sequence[str]) -> Order | None:
    """Return the order of ranges of numbers; ranges open below come first, ranges open above last."""
    keys: dict[str, tuple[float, float]] = {}
    closed = 0
    for value in values:
        text = value.strip()
        if match := _INTERVAL.fullmatch(text):
            keys[value] = (float(match[1]), float(match[2]))
            closed += 1
        elif match := _RANGE.fullmatch(text):
            low, high = (float(part.replace(",", "")) for part in match.groups())
            if low > high:
                return None
            keys[value] = (low, high)
            closed += 1
        elif match := _BELOW.fullmatch(text):
            keys[value] = (float("-inf"), float(match[1].replace(",", "")))
        elif match := _ABOVE.fullmatch(text):
            keys[value] = (float((match[1] or match[2]).replace(",", "")), float("inf"))
        else:
            return None
    if not closed and len(keys) != 2:
        return None
    return Order(tuple(sorted(values, key=lambda value: keys[value])), "ranges of numbers")


def _numbered_order(values: Sequence[str], header: Collection[str]) -> Order | None:
    measured = [_MEASURED.fullmatch(value.strip()) for value in values]
    if all(measured) and len({match[2] for match in measured if match}) == 1:
        sizes = {value: float(match[1]) for value, match in zip(values, measured, strict=True) if match}
        return Order(tuple(sorted(values, key=lambda value: sizes[value])), "measures with a unit")
    heights = [_FEET.fullmatch(value.strip()) for value in values]
    if all(heights):
        keys = {value: (int(m[1]), float(m[2] or 0)) for value, m in zip(values, heights, strict=True) if m}
        return Order(tuple(sorted(values, key=lambda value: keys[value])), "feet and inches")
    for pattern, name in ((_ROUND, "round numbers"), (_ORDINAL, "ordinal numbers")):
        places = [pattern.fullmatch(value.strip()) for value in values]
        if all(places):
            keys = {value: int(match[1]) for value, match in zip(values, places, strict=True) if match}
            return Order(tuple(sorted(values, key=lambda value: keys[value])), name)
    prefixes = [_PREFIXED.match(value) for value in values]
    if all(prefixes) and orders().headers & set(header):
        keys = {value: int(match[1]) for value, match in zip(values, prefixes, strict=True) if match}
        return Order(tuple(sorted(values, key=lambda value: keys[value])), "numbered values")
    matches = [_NUMBERED.fullmatch(value.strip()) for value in values]
    if not all(matches):
        return None
    nouns = {match[1].strip().casefold() for match in matches if match}
    if len(nouns) != 1 or not (nouns & orders().nouns):
        return None
    ranks = {
        value: (int(match[2]) if match[2].isdigit() else _ROMAN.get(match[2], 0), match[3])
        for value, match in zip(values, matches, strict=True)
        if match
    }
    return Order(tuple(sorted(values, key=lambda value: ranks[value])), "numbered levels")
