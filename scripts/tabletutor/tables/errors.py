"""The one error of a CSV that cannot become a table, and how its warnings name lines."""

from collections.abc import Sequence

NAMED_LINES = 5


class TableError(ValueError):
    """A CSV cannot be read as a table. The message names file, place, reason and what to do."""

    def __init__(self, source: str, reason: str, remedy: str, line: int | None = None, byte: int | None = None) -> None:
        self.source = source
        self.line = line
        self.byte = byte
        place = source if line is None else f"{source}:{line}"
        at = "" if byte is None else f" (byte {byte})"
        super().__init__(f"{place}{at}: {reason}. {remedy}")


def on_lines(lines: Sequence[int], count: int) -> str:
    """`(line 3)`, or `(lines 3, 5 …)` where only the first of `count` are named."""
    named = ", ".join(map(str, lines[:NAMED_LINES]))
    return f"(line{'s' if count > 1 else ''} {named}{' …' if count > NAMED_LINES else ''})"
