"""A cell's result as a turn of a trace."""

from tabletutor.records.episode import Turn
from tabletutor.sandbox.cell import CellResult


def turn_from(index: int, reasoning: str, code: str, result: CellResult, corrects_turn: int | None = None) -> Turn:
    """The turn in which `code` gave `result`."""
    return Turn(
        index=index,
        reasoning=reasoning,
        code=code,
        stdout=result.stdout,
        error=result.error,
        hooks=result.hooks,
        corrects_turn=corrects_turn,
    )
