"""Which of the rows that could be are kept: no repeats, even labels, caps. Choices go by the hash of a row's trace and
place among the rows of that trace, so that a new row moves few others.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeVar

from tabletutor.formats.row import Row
from tabletutor.records.identity import digest

R = TypeVar("R", bound=Row)
_IDS = ("question_id", "table", "trace_id", "rejected_id")


def content(row: Row) -> str:
    """The digest of all that a row says but its ids."""
    return digest({name: getattr(row, name) for name in row.__struct_fields__ if name not in _IDS})


def unique(rows: Sequence[R]) -> list[R]:
    """The rows without exact repeats of what they say."""
    seen: dict[str, R] = {}
    for row in rows:
        seen.setdefault(content(row), row)
    return list(seen.values())


def balanced(rows: Sequence[R], positive_share: float, seed: int) -> list[R]:
    """As many rows as can be such that `positive_share` of them are labelled right."""
    right, wrong = ([row for row in rows if row.is_right() is label] for label in (True, False))
    total = min(len(right) / positive_share, len(wrong) / (1 - positive_share))
    kept = {id(row) for row in drawn(right, round(total * positive_share), seed, "label")}
    kept |= {id(row) for row in drawn(wrong, round(total * (1 - positive_share)), seed, "label")}
    return [row for row in rows if id(row) in kept]


def capped(rows: Sequence[R], families: Mapping[str, str], per_family: int, seed: int) -> list[R]:
    """At most `per_family` rows of each family of questions; `families` are by question."""
    by_family: dict[str, list[R]] = {}
    for row in rows:
        by_family.setdefault(families[row.question_id], []).append(row)
    kept = {id(row) for own in by_family.values() for row in drawn(own, per_family, seed)}
    return [row for row in rows if id(row) in kept]


def drawn(rows: Sequence[R], most: int, seed: int, purpose: str = "row") -> list[R]:
    """At most `most` rows, in the order of their hashes, which differ by purpose: what was drawn for one is no better
    placed for the next.
    """
    met: Counter[str] = Counter()
    placed: list[tuple[str, int]] = []
    for at, row in enumerate(rows):
        place = [met[row.trace_id]] if row.trace_id in met else []  # the first row of a trace goes by the trace alone
        placed.append((digest(seed, purpose, row.trace_id, *place), at))
        met[row.trace_id] += 1
    return [rows[at] for _, at in sorted(placed)[:most]]
