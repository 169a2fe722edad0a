"""Convert answers to a canonical form of their declared type, so that they can be compared.

The type is declared and never guessed from the value: as a "category" the number 2007 is the text "2007", as a "number"
the text "12.5" is 12.5, and a boolean is never a number. A value that does not fit its type becomes `Unfit`, which
equals only identical JSON. So every answer equals itself, whatever a session submits.
"""

import math
import re
import unicodedata
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

from tabletutor.matching.numerals import normalize, read_numeral, suffix_pattern
from tabletutor.records.question import AnswerSpec, AnswerType

NUMERIC_TYPES: frozenset[AnswerType] = frozenset({"integer", "number", "percentage"})

_PERCENT = re.compile(rf"{suffix_pattern('%')}\Z")
_WHOLE_KEY = re.compile(r"(-?(?:0|[1-9]\d*))\.0+", re.ASCII)
_MIDNIGHT_KEY = re.compile(r"(\d{4}-\d{2}-\d{2})[t ]00:00:00(?:\.0+)?", re.ASCII)
_SHORT_YEAR = re.compile(r"[1-9]\d\d-\d\d-\d\d", re.ASCII)
_TRUTH = {"true": True, "yes": True, "false": False, "no": False}


class Missing(NamedTuple):
    """A missing value: JSON null, and NaN, which canonical JSON writes as null."""


class Number(NamedTuple):
    """A number compared with a tolerance."""

    value: float


class Exact(NamedTuple):
    """A value compared exactly: an integer, a folded text, a boolean or an instant."""

    kind: str
    value: Any


class Items(NamedTuple):
    """The members of a list or of a set."""

    ordered: bool
    members: tuple["Canonical", ...]


class Entries(NamedTuple):
    """A mapping, a record or a table as (folded key, key as written, value); the values of a table are entries."""

    entries: tuple[tuple[str, str, "Canonical"], ...]


class Unfit(NamedTuple):
    """JSON that does not fit the declared type."""

    tokens: tuple[tuple[str, Any], ...]


Canonical = Missing | Number | Exact | Items | Entries | Unfit


def fold(text: str) -> str:
    """Return text for comparison: NFKC, case folded, white space folded. Punctuation and diacritics stay."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


def category_text(value: str | int | float | bool) -> str:
    """Return a category or a key as text: the same for "2007", 2007 and 2007.0, and for a date and its midnight.

    Only decimals that are all zeros are dropped: "1.10" is not "1.1", and "007" is not "7".
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    text = fold(value if isinstance(value, str) else _literal(value))
    for pattern in (_WHOLE_KEY, _MIDNIGHT_KEY):
        if whole := pattern.fullmatch(text):
            return whole[1]
    return text


def canonical(value: Any, answer_type: AnswerType, spec: AnswerSpec) -> Canonical:
    """Return the canonical form of a JSON value for a declared type. Never raises."""
    if answer_type in ("list", "set"):
        if not isinstance(value, list):
            return _to_missing_or_unfit(value)
        members = cast("list[Any]", value)
        return Items(answer_type == "list", tuple(_to_scalar(member, spec.item) for member in members))
    if answer_type not in ("mapping", "record", "table"):
        return _to_scalar(value, answer_type)
    if not isinstance(value, dict):
        return _to_missing_or_unfit(value)
    pairs = cast("dict[Any, Any]", value)
    if answer_type == "record":
        return _to_record(pairs, spec)
    if answer_type == "table":
        return _to_table(pairs, spec.item)
    return Entries(tuple((category_text(key), str(key), _to_scalar(entry, spec.item)) for key, entry in pairs.items()))


def _to_record(parts: dict[Any, Any], spec: AnswerSpec) -> Entries:
    """Return the parts, each of the type declared for its name; a part that is not declared by its JSON type."""
    exact: dict[str, AnswerType] = dict(spec.parts)
    folded: dict[str, AnswerType] = {category_text(name): kind for name, kind in spec.parts}

    def part(key: Any, value: Any) -> Canonical:
        kind = exact.get(str(key)) or folded.get(category_text(key))
        return _to_scalar(value, None) if kind is None else canonical(value, kind, spec)

    return Entries(tuple((category_text(key), str(key), part(key, value)) for key, value in parts.items()))


def _to_table(rows: dict[Any, Any], item: AnswerType | None) -> Canonical:
    """Return the rows that have a cell; a missing value is a cell that is absent."""
    table: list[tuple[str, str, Canonical]] = []
    for name, row in rows.items():
        if not isinstance(row, dict):
            return to_unfit(rows)
        cells = cast("dict[Any, Any]", row).items()
        entries = ((category_text(key), str(key), _to_scalar(cell, item)) for key, cell in cells)
        if present := tuple(entry for entry in entries if not isinstance(entry[2], Missing)):
            table.append((category_text(name), str(name), Entries(present)))
    return Entries(tuple(table))


def _to_scalar(value: Any, answer_type: AnswerType | None) -> Canonical:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return Missing()
    if answer_type is None:
        answer_type = type_of_member(value)
    if answer_type in NUMERIC_TYPES:
        return _to_number(value, answer_type)
    if answer_type == "category" and isinstance(value, str | int | float):
        return Exact("text", category_text(value))
    if answer_type == "boolean":
        truth = _TRUTH.get(fold(value)) if isinstance(value, str) else value
        return Exact("boolean", truth) if isinstance(truth, bool) else to_unfit(value)
    if answer_type == "date" and isinstance(value, str):
        instant = _parse_instant(value)
        return to_unfit(value) if instant is None else Exact("instant", instant)
    return to_unfit(value)


def type_of_member(value: Any) -> AnswerType | None:
    """Return the type of a member without a declared type, by its JSON type."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "category" if isinstance(value, str) else None


def _to_number(value: Any, answer_type: AnswerType | None) -> Canonical:
    parsed = _parse_number(value, answer_type) if isinstance(value, str) else value
    if isinstance(parsed, bool) or not isinstance(parsed, int | float):
        return to_unfit(value)
    if isinstance(parsed, float) and math.isnan(parsed):
        return Missing()
    if answer_type == "integer":
        whole = isinstance(parsed, int) or parsed.is_integer()
        return Exact("integer", int(parsed)) if whole else to_unfit(value)
    try:
        return Number(float(parsed))
    except OverflowError:
        return to_unfit(value)


def _parse_number(text: str, answer_type: AnswerType | None) -> int | float | None:
    """Parse a number as in a cell of a table; "%" may follow if a percentage is declared, other units may not."""
    plain = _PERCENT.sub(r"\2", normalize(text)) if answer_type == "percentage" else text
    return math.nan if fold(plain) == "nan" else read_numeral(plain)


def _parse_instant(text: str) -> datetime | None:
    """Parse an ISO 8601 date, with or without a time, as an instant; without a zone it is UTC.

    A year before 1000 may have three digits, as `strftime` writes it on Linux.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    try:
        moment = datetime.fromisoformat(f"0{plain}" if _SHORT_YEAR.match(plain) else plain)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _literal(value: Any) -> str:
    """Return a scalar as text. Long integers are hexadecimal, because Python prints at most 4,300 decimal digits."""
    return hex(value) if isinstance(value, int) and value.bit_length() > 10_000 else repr(value)


def _to_missing_or_unfit(value: Any) -> Canonical:
    return Missing() if value is None or (isinstance(value, float) and math.isnan(value)) else to_unfit(value)


def to_unfit(value: Any) -> Unfit:
    """Return any JSON as a flat sequence of tokens, without recursion. Equal tokens mean identical JSON."""
    tokens: list[tuple[str, Any]] = []
    pending: list[Any] = [value]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            members = cast("list[Any]", node)
            tokens.append(("list", len(members)))
            pending.extend(reversed(members))
        elif isinstance(node, dict):
            entries = cast("dict[Any, Any]", node)
            keys = sorted(entries, key=lambda key: (str(key), type(key).__name__))
            tokens.append(("mapping", tuple(str(key) for key in keys)))
            pending.extend(entries[key] for key in reversed(keys))
        else:
            tokens.append((type(node).__name__, _literal(node)))
    return Unfit(tuple(tokens))
