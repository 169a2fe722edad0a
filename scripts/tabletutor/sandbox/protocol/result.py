"""What running one cell gave, and the turn of a trace that it makes."""

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from tabletutor.records.episode import Hook, IncidentCause, Turn
from tabletutor.records.record import Record

CellEnd = Literal["open", "submit", "time", "memory", "crash"]


class CellResult(Record, frozen=True):
    """The outcome of one cell, as the session claims it (the host grades; see `docs/sandbox.md`).

    `stdout` is all that was printed, and the value of a last expression. `error` is a traceback of the cell's own
    lines whose last line is "Type: message". `answer` is JSON and counts only if `submitted`. `ended` is "open" while
    the session lives on. `truncated` says that `stdout` was cut, `interrupted` that the soft time-out stopped the cell.
    """

    stdout: str = ""
    error: str | None = None
    hooks: tuple[Hook, ...] = ()
    submitted: bool = False
    answer: Any = None
    ended: CellEnd = "open"
    truncated: bool = False
    interrupted: bool = False

    def to_turn(self, index: int, reasoning: str, code: str, corrects_turn: int | None = None) -> Turn:
        """Return turn `index` of a trace, in which `code` gave this result."""
        return Turn(
            index=index,
            reasoning=reasoning,
            code=code,
            stdout=self.stdout,
            error=self.error,
            hooks=self.hooks,
            corrects_turn=corrects_turn,
            interrupted=True if self.interrupted else UNSET,
        )


def incident_of(result: CellResult) -> IncidentCause | UnsetType:
    """Return how the sandbox stopped the cell; UNSET where it ran to its end or to its own error."""
    if result.interrupted:
        return "interrupted"
    return UNSET if result.ended in ("open", "submit") else result.ended
