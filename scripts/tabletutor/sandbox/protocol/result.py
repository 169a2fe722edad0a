"""The result of one cell."""

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from tabletutor.records.episode import Hook, IncidentCause, Turn
from tabletutor.records.record import Record

CellEnd = Literal["open", "submit", "time", "memory", "crash"]


class CellResult(Record, frozen=True):
    """The result of one cell as the session claims it. Only the host grades answers; see `docs/sandbox.md`.

    `stdout` holds everything printed, standard error included, and the value of a last expression. `error` is a
    traceback of the cell's own lines; its last line is "Type: message". `answer` is JSON, valid only if `submitted`.
    `ended` is "open" while the session continues. `truncated` is true if `stdout` was cut, `interrupted` if the soft
    time-out stopped the cell.
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
        """Return the turn of a trace in which `code` gave this result."""
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

    @property
    def incident(self) -> IncidentCause | UnsetType:
        """The way in which the sandbox stopped the cell; UNSET if it ran to its end or to its own error."""
        if self.interrupted:
            return "interrupted"
        return UNSET if self.ended in ("open", "submit") else self.ended
