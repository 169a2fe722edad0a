"""The error for a CSV that cannot be read as a table, and the line numbers in warnings."""

from collections.abc import Sequence

MAX_NAMED_LINES = 5


class TableError(ValueError):
    """A CSV cannot be read as a table. The message names the file, the place, the reason and the remedy."""

    def __init__(self, source: str, reason: str, remedy: str, line: int | None = None, byte: int | None = None) -> None:
        self.source = source
        self.line = line
        self.byte = byte
        place = source if line is None else f"{source}:{line}"
        at = "" if byte is None else f" (byte {byte})"
        super().__init__(f"{place}{at}: {reason}. {remedy}")


def format_lines(lines: Sequence[int], count: int) -> str:
    """Return `(line 3)`, or `(lines 3, 5, 8, 9, 11 …)` when `count` is more than `MAX_NAMED_LINES`."""
    named = ", ".join(map(str, lines[:MAX_NAMED_LINES]))
    return f"(line{'s' if count > 1 else ''} {named}{' …' if count > MAX_NAMED_LINES else ''})"
