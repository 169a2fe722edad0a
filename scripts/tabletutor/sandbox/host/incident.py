"""An incident: a cell that had to be interrupted, or that ended its session by more than handing in an answer."""

import hashlib
import re
from collections.abc import Callable
from typing import Literal

from tabletutor.records.episode import Trace
from tabletutor.records.record import Record

Cause = Literal["interrupted", "time", "memory", "crash"]
ENDS: tuple[Cause, ...] = ("time", "memory", "crash")
INTERRUPTED = re.compile(r"^TimeLimit: .* was interrupted$", re.MULTILINE)  # the error of the soft time-out
Note = Callable[[str, Cause, str], None]  # the cell's code, the cause, what was seen


class Incident(Record, frozen=True):
    """What happened, to whom: `cell` is the SHA-256 of its code, `question` is empty where no one said."""

    table: str
    question: str
    cell: str
    cause: Cause
    detail: str


def cell_digest(code: str) -> str:
    """The first 16 digits of the SHA-256 of a cell."""
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def plain(text: str) -> str:
    """Text that may hold a session's own words, as one short line that drives no terminal."""
    return text.encode("unicode_escape").decode()[:300]


def causes_of(trace: Trace) -> list[Cause]:
    """The incidents of a trace: cells that were interrupted, then how the session ended, if by one."""
    interrupted = [turn for turn in trace.turns if turn.error and INTERRUPTED.search(turn.error)]
    ended: list[Cause] = [cause for cause in ENDS if cause == trace.ended]
    return [*("interrupted" for _ in interrupted), *ended]
