"""Infer the role of a column of text."""

import re

import polars as pl

from tabletutor.tables.kinds import Column
from tabletutor.tables.roles.facts import NEARLY_UNIQUE, TextFacts
from tabletutor.tables.roles.finding import Finding
from tabletutor.tables.roles.levels import find_order, orders
from tabletutor.tables.roles.lexicon import TEXT_CONCEPTS, Hit, Lexicon
from tabletutor.tables.roles.lists import list_separator
from tabletutor.tables.roles.words import Words

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.\w+")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_CLOCK = re.compile(r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?:\s*[ap]\.?m\.?)?", re.IGNORECASE)
_SEASON = re.compile(r"(?:1[5-9]|20)\d{2}\s*[-–/]\s*(?:\d{2}|\d{4})")
_YEAR = re.compile(r"(?:1[5-9]|20)\d{2}")
_PERIOD = re.compile(r"(?:1[5-9]|20)\d{2}[- ]?(?:Q[1-4]|W\d{2}|M\d{2})|Q[1-4][- ]?(?:1[5-9]|20)\d{2}", re.IGNORECASE)
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DAY_OF_YEAR = re.compile(rf"\d{{1,2}}[- ]{_MONTH}|{_MONTH}[- ]\d{{1,2}}", re.IGNORECASE)
_POINT = re.compile(r"(?:POINT\s*)?\(\s*-?\d+(?:\.\d+)?[\s,]+-?\d+(?:\.\d+)?\s*\)", re.IGNORECASE)
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_DIGITS = re.compile(r"[\d\s()+./-]*\d[\d\s()+./-]*")
_CODE = re.compile(r"(?=.*\d)[A-Z0-9]+(?:[-/.:_][A-Z0-9]+)*|(?=.*\d)[A-Za-z]{1,4}[-_]?\d[\w.-]*|[0-9a-fA-F-]{32,}")
_NUMBERING = re.compile(r"^\d+[.):]\s*")
_LETTER_CODE = r"^[A-Za-z]{1,5}$"
MOSTLY = 0.95
LABEL_SHARE = 0.9
NAMED_SHARE = 0.4
# Nobody compares people by one half of their names, or by names that were made up to hide them.
HALF_NAMES = frozenset({"first name", "last name", "middle name", "given name", "family name"})
INVENTED = frozenset(
    {"fake", "dummy", "masked", "anon", "anonymous", "anonymized", "anonymised", "pseudonym", "hashed", "scrambled"}
)
PERSON_SHARE = 0.02
SENTENCE_WORDS = 7
REMARK_WORDS = 2.5
REMARK_SHARE = 0.1
REMARK_LENGTH = 4
MIN_PRESENT = 0.4
CATEGORY_SHARE = 0.5
GROUPED = 5  # rows with one text, which then is a group ("Base Coupe" of 47 trims)
GROUPED_SHARE = 0.6
FEW = 12
SHORT = 2


def text_column_role(words: Words, facts: TextFacts, lexicon: Lexicon) -> Finding:
    """Return the role of a column of text with at least two values."""
    hits = lexicon.hits(words, TEXT_CONCEPTS)
    return (
        _by_shape(facts)
        or _pair(facts)
        or _order(words, facts)
        or _time(words, facts, hits)
        or _list(facts)
        or _prose(facts, hits)
        or _key_or_code(facts, hits)
        or _name_or_category(words, facts, hits)
    )


def letters_stand_for_groups(column: Column) -> bool:
    """Return whether a column of codes has letters only, as "MSFT" and "TX", which people use like names."""
    return column.values.dtype == pl.String and bool(column.values.drop_nulls().str.contains(_LETTER_CODE).all())


def _concept(hits: list[Hit], *concepts: str) -> str | None:
    """Return the header's word if what it says most is one of these concepts, else None."""
    first = hits[0] if hits else None
    return first.named if first and set(first.concepts) & set(concepts) else None


def _part(facts: TextFacts, pattern: re.Pattern[str]) -> float:
    """Return the share of the distinct values that a pattern matches as a whole."""
    return sum(1 for value in facts.values if pattern.fullmatch(value.strip())) / max(1, len(facts.values))


def _by_shape(facts: TextFacts) -> Finding | None:
    for what, pattern in (("e-mail addresses", _EMAIL), ("web addresses", _URL)):
        if _part(facts, pattern) >= MOSTLY:
            unique = facts.share >= NEARLY_UNIQUE
            return Finding("identifier" if unique else "code", f"all values are {what}")
    if _part(facts, _POINT) >= MOSTLY:
        return Finding("coordinate", "all values are points of two coordinates")
    if _part(facts, _COLOUR) >= MOSTLY:
        return Finding("code", "all values are codes of colours")
    return None


def _pair(facts: TextFacts) -> Finding | None:
    bare = frozenset(_NUMBERING.sub("", value) for value in facts.folded)
    if facts.unique == 2 and len(bare) == 2:
        first, second = sorted(bare, key=len)
        if bare in orders().opposites or second in {
            f"no {first}",
            f"not {first}",
            f"non-{first}",
            f"non {first}",
            f"un{first}",
            f"in{first}",
        }:
            return Finding("flag", f"two values, {first!r} and {second!r}")
    return None


def _order(words: Words, facts: TextFacts) -> Finding | None:
    order = find_order(facts.values, words.all) or find_order(facts.frequent, words.all)
    if order is None:
        return None
    shown = " < ".join(order.levels[:5]) + (" …" if len(order.levels) > 5 else "")
    return Finding("date_part" if order.part_of_date else "ordinal", f"{order.name}: {shown}", order.levels)


def _time(words: Words, facts: TextFacts, hits: list[Hit]) -> Finding | None:
    if _part(facts, _CLOCK) >= MOSTLY:
        return Finding("date_part", "all values are times of day")
    if _part(facts, _SEASON) >= MOSTLY:
        return Finding("year", "all values are years or seasons such as '2010-11'")
    if _part(facts, _PERIOD) >= MOSTLY:
        return Finding("date_part", "all values are quarters, weeks or months of years")
    if _part(facts, _DAY_OF_YEAR) >= MOSTLY:
        return Finding("date_part", "all values are days of a year such as '22-Feb'")
    word = _concept(hits, "date")
    if word and sum(1 for value in facts.values if any(map(str.isdigit, value))) >= CATEGORY_SHARE * len(facts.values):
        return Finding("code", f"header word {word!r}, dates kept as text")
    word = _concept(hits, "year")
    if word and _part(facts, _YEAR) >= CATEGORY_SHARE:
        return Finding("year", f"header word {word!r}, most values are years")
    return None


def _list(facts: TextFacts) -> Finding | None:
    separator = list_separator(facts.values)
    if separator is None:
        return None
    return Finding(
        "list", f"several values in a cell, joined by {separator.strip() or separator!r}", separator=separator
    )


def _prose(facts: TextFacts, hits: list[Hit]) -> Finding | None:
    word = _concept(hits, "free_text")
    if facts.words >= SENTENCE_WORDS and facts.share >= NAMED_SHARE / 2:
        return Finding("free_text", f"{facts.words:.0f} words in a value on average")
    remark = facts.words >= REMARK_WORDS and facts.share >= REMARK_SHARE and facts.unique > 12
    if word and (remark or facts.words >= REMARK_LENGTH):
        return Finding("free_text", f"header word {word!r}, {facts.words:.0f} words in a value on average")
    return None


def _key_or_code(facts: TextFacts, hits: list[Hit]) -> Finding | None:
    coded = _part(facts, _CODE)
    code, key = _concept(hits, "code"), _concept(hits, "identifier")
    unique = facts.share >= LABEL_SHARE and facts.unique >= 3
    if code and facts.words < 2 and facts.longest <= 40:
        return Finding("code", f"header word {code!r}")
    if key and facts.words < 2:
        if unique:
            return Finding("identifier", f"header word {key!r}, {facts.once}")
        return Finding("code", f"header word {key!r}, values that occur in several rows")
    few = facts.unique <= FEW and facts.longest <= SHORT and facts.share < CATEGORY_SHARE
    if _part(facts, _DIGITS) >= MOSTLY and not few and not _concept(hits, "year", "date", "clock"):
        return Finding("code", "digits kept as text: a code")
    if coded >= MOSTLY and facts.unique > 12 and not _concept(hits, "name", "group"):
        kind = (
            ("identifier", f"codes of letters and digits, {facts.once}")
            if unique
            else ("code", "codes of letters and digits")
        )
        return Finding(kind[0], kind[1])  # pyright: ignore[reportArgumentType]
    return None


def _name_or_category(words: Words, facts: TextFacts, hits: list[Hit]) -> Finding:
    word = _concept(hits, "name")
    if invented := INVENTED & set(words.head):
        return Finding("label", f"header word {min(invented)!r}: names that stand for nobody")
    if word in HALF_NAMES and facts.unique > FEW:
        return Finding("label", f"header words {word!r}: one half of a name")
    digits = sum(1 for value in facts.values if sum(map(str.isdigit, value)) > sum(map(str.isalpha, value)))
    if not word and facts.unique > 12 and digits >= MOSTLY * len(facts.values):
        return Finding("code", "texts of digits more than of letters")
    if facts.present < MIN_PRESENT * facts.rows and facts.words < REMARK_LENGTH:
        return Finding("category", f"{facts.unique} texts in {facts.present} of {facts.rows} rows")
    if facts.share >= LABEL_SHARE and facts.unique > 2:
        named = f", header word {word!r}" if word else ""
        return Finding("label", f"{facts.unique} texts, nearly each once{named}: they name the rows")
    if word and facts.share >= NAMED_SHARE:
        return Finding("label", f"header word {word!r}, {facts.unique} texts in {facts.present} rows")
    if word and " name" in word and facts.share >= PERSON_SHARE and facts.unique > 12:
        return Finding("label", f"header words {word!r}")
    group = _concept(hits, "group")
    if group and facts.words < REMARK_LENGTH:
        return Finding("category", f"header word {group!r}, {facts.unique} texts in {facts.present} rows")
    if facts.share > CATEGORY_SHARE and facts.words >= REMARK_LENGTH:
        return Finding("free_text", f"{facts.words:.0f} words in a value on average, few values twice")
    if facts.share > (GROUPED_SHARE if facts.counts[0] >= GROUPED else CATEGORY_SHARE):
        return Finding("label", f"{facts.unique} texts in {facts.present} rows")
    return Finding("category", f"{facts.unique} texts in {facts.present} rows")
