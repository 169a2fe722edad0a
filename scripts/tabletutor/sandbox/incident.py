"""An incident: a cell that had to be interrupted, or that ended its session by more than handing in an answer."""

import hashlib
from collections.abc import Callable
from typing import Literal

from tabletutor.records.record import Record

Cause = Literal["interrupted", "time", "memory", "crash"]
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
