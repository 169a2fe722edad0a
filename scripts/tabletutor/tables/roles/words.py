"""Split a header into the words that a person would say: "gdpPercap" → gdp, per, cap; "Cost Total $" → cost, total."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

SIGNS = {"%": " percent ", "#": " number ", "$": " dollars ", "€": " dollars ", "£": " dollars ", "°": " degrees "}
PREPOSITIONS = frozenset({"of", "in", "by", "for", "at", "on", "from", "to", "with", "without"})
_BRACKETS = re.compile(r"[(\[{]([^)\]}]*)[)\]}]")
# "GDPperCapita": an acronym before a small word.
_ACRONYM = re.compile(r"([A-Z]{2,})(per|of|by|and|in|for)(?=[A-Z]|\b)")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+|\d+")
_PERCENT = re.compile(r"(?:perc(?!ei|ep|uss)|pct)[a-z]{3,}")  # "percwhite", but not "perceived" and "percussion"
_NO_CODES = frozenset({"encode", "decode", "transcode"})
_SHORT_PLURAL = 4
# "viewers_7day": over how long something was counted, at the end of a header.
_WINDOW = re.compile(r"(?<=[A-Za-z])[ _.-]*\d+[ _-]?(?:days?|weeks?|months?|hours?|hrs?|d|h|wk|mo)\s*$")

# "pacu30min_pain", "Humidity3pm": when something was measured, not what.
_TIME_POINT = re.compile(r"(?<=[A-Za-z_.])\d+[ _]?(?:(?:min(?:ute)?s?|hours?|hrs?)(?=[_ .-]+[A-Za-z])|[ap]m(?![a-z]))")


@dataclass(frozen=True)
class Words:
    """The words of a header in lower case: its head part, the rest (after a preposition), and those in brackets.

    `plain` is the header's text without signs, for tests on its shape.
    """

    head: tuple[str, ...]
    rest: tuple[str, ...]
    bracketed: tuple[str, ...]
    plain: str

    @property
    def all(self) -> tuple[str, ...]:
        """All words in their order, those in brackets last."""
        return (*self.head, *self.rest, *self.bracketed)


def split_header(
    header: str, abbreviations: Mapping[str, tuple[str, ...]], known: Collection[str], glue: Collection[str]
) -> Words:
    """Return the words of a header, with abbreviations written out and glued words parted.

    `known`: words that mean something. A word that is not known is parted if both halves are known, and the first may
    be one of `glue` as well ("candidatevotes").
    """
    bracketed = " ".join(_BRACKETS.findall(header)).replace("/", " per ")
    outside = _TIME_POINT.sub(" ", _WINDOW.sub("", _BRACKETS.sub(" ", header)))

    def words(text: str) -> list[str]:
        found: list[str] = []
        simple = simple_words(text)
        for word, following in zip(simple, [*simple[1:], "of"], strict=False):
            if word == "no" and following != "of":  # "No rearrest" counts nothing, "room no" is a number
                found.append(word)
            else:
                found += _expand(word, abbreviations, known, glue)
        return found

    whole = re.sub(r"[\W_]+", "", outside.casefold())
    main = (
        list(_expand(whole, abbreviations, known, ())) if whole in known or whole in abbreviations else words(outside)
    )
    while len(main) > 1 and main[-1].isdigit():
        main.pop()
    cut = next((i for i, word in enumerate(main) if word in PREPOSITIONS and i > 0), len(main))
    return Words(tuple(main[:cut]), tuple(main[cut:]), tuple(words(bracketed)), outside.strip())


def simple_words(text: str) -> list[str]:
    """Return the words of a text in lower case, split at signs, underscores, digits and capital letters."""
    for sign, word in SIGNS.items():
        text = text.replace(sign, word)
    return [word.casefold() for word in _WORD.findall(_ACRONYM.sub(r"\1 \2 ", text))]


def singular(word: str) -> str:
    """Return the singular of an English plural by its ending; other words unchanged."""
    if len(word) <= _SHORT_PLURAL or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1]


def _expand(
    word: str, abbreviations: Mapping[str, tuple[str, ...]], known: Collection[str], glue: Collection[str]
) -> tuple[str, ...]:
    if word in known:
        return (word,)
    if word in abbreviations:
        return abbreviations[word]
    if _PERCENT.fullmatch(word):
        return ("percent", word.removeprefix("perc").removeprefix("pct"))
    if word.endswith("code") and len(word) > len("code") + 2 and word not in _NO_CODES:
        return (word.removesuffix("code"), "code")  # "cowcode2", "politycode"
    for cut in range(len(word) - 2, 2, -1):
        first, last = word[:cut], word[cut:]
        if (first in known or first in glue or first in abbreviations) and (last in known or last in abbreviations):
            if len(last) < 4 and first not in glue:
                continue
            return (*abbreviations.get(first, (first,)), *abbreviations.get(last, (last,)))
    return (word,)
