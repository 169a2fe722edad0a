"""Incidents: cells that were interrupted, or that ended their session without submitting an answer."""

import hashlib
from collections.abc import Callable

from tabletutor.records.episode import IncidentCause, Trace
from tabletutor.records.record import Record

ENDS: tuple[IncidentCause, ...] = ("time", "memory", "crash")
RecordIncident = Callable[[str, IncidentCause, str], None]  # arguments: the cell's code, the cause, the detail


class Incident(Record, frozen=True):
    """One incident. `cell` is a digest of the cell's code (see `cell_digest`); `question` is empty if unknown."""

    table: str
    question: str
    cell: str
    cause: IncidentCause
    detail: str


def cell_digest(code: str) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of a cell's code."""
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def escape(text: str) -> str:
    """Return text from a session as one line of at most 300 characters, with control characters escaped."""
    return text.encode("unicode_escape").decode()[:300]


def incident_causes(trace: Trace) -> list[IncidentCause]:
    """Return the incidents of a trace: one for each interrupted cell, then how the session ended if not by `submit`."""
    interrupted = [turn for turn in trace.turns if turn.interrupted is True]
    ended: list[IncidentCause] = [cause for cause in ENDS if cause == trace.ended]
    return [*("interrupted" for _ in interrupted), *ended]
