"""An incident: a cell that had to be interrupted, or that ended its session by more than handing in an answer."""

import hashlib
from collections.abc import Callable

from tabletutor.records.episode import IncidentCause, Trace
from tabletutor.records.record import Record

ENDS: tuple[IncidentCause, ...] = ("time", "memory", "crash")
RecordIncident = Callable[[str, IncidentCause, str], None]  # the cell's code, the cause, what was seen


class Incident(Record, frozen=True):
    """What happened, to whom: `cell` is the SHA-256 of its code, `question` is empty where no one said."""

    table: str
    question: str
    cell: str
    cause: IncidentCause
    detail: str


def cell_digest(code: str) -> str:
    """The first 16 digits of the SHA-256 of a cell."""
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def escape(text: str) -> str:
    """Text that may hold a session's own words, as one short line that drives no terminal."""
    return text.encode("unicode_escape").decode()[:300]


def incident_causes(trace: Trace) -> list[IncidentCause]:
    """Return the incidents of a trace: one for each interrupted cell, then how the session ended if not by `submit`."""
    interrupted = [turn for turn in trace.turns if turn.interrupted is True]
    ended: list[IncidentCause] = [cause for cause in ENDS if cause == trace.ended]
    return [*("interrupted" for _ in interrupted), *ended]
