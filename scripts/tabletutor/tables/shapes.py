"""Learn the shape of each column from a sample: number, time of day, web address, code of one form, or empty.

A cell that contradicts the shape of its column suggests a shifted row. A column has a shape only if nearly every
sampled cell has it. Free text has no shape, so nothing contradicts it.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

SAMPLE = 400
ENOUGH = 6
NUMBER = r"^[-+(]?\s?[$€£¥₹]?\s?[-+]?(?:[0-9][0-9.,' ]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\s?[%€£$)]?-?$"
CLOCK = r"^[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?: ?[AaPp]\.?[Mm]\.?)?$"
SHAPES = (("a number", NUMBER), ("a clock time", CLOCK), ("a web address", r"^[a-z]+://[^\s\"]+$"))
# Cells that may be missing values, compared as a whole and ignoring case. The pattern works in `re` and in Polars.
ABSENT = r"\W*|n/?a|nan|null|none|nil|missing|unknown|tbd"
_MISSING = re.compile(ABSENT, re.IGNORECASE)
_CODE = re.compile(r"(?=.*\d)(?=.*[A-Z/.:-])[A-Z0-9/.: -]{3,24}")
_RUN = re.compile(r"[A-Z]+|\d+|[^A-Z\d]")


@dataclass(frozen=True)
class Shape:
    """The shape of a column. `name` is for messages. `pattern` works in `re` and in Polars; "" for empty columns."""

    name: str
    pattern: str

    def fits(self, cell: str) -> bool:
        """Return whether a cell fits the column. Cells that may be missing always fit."""
        return is_absent(cell) or (self.pattern != "" and re.search(self.pattern, cell.strip()) is not None)


def is_absent(cell: str) -> bool:
    """Return whether a cell may be a missing value."""
    return _MISSING.fullmatch(cell) is not None


def column_shapes(rows: Sequence[Sequence[str]], width: int) -> tuple[Shape | None, ...]:
    """Return the shape of each column, learnt from the rows that have `width` cells; None for free text."""
    fitting = [row for row in rows if len(row) == width][:SAMPLE]
    return tuple(_column_shape([row[index].strip() for row in fitting]) for index in range(width))


def _column_shape(cells: list[str]) -> Shape | None:
    present = [cell for cell in cells if not is_absent(cell)]
    spare = max(1, len(cells) // 50)
    if len(cells) > ENOUGH and len([cell for cell in cells if cell]) <= min(1, spare):
        return Shape("empty", "")
    if len(present) < ENOUGH:
        return None
    forms = Counter(_code_pattern(cell) for cell in present if _CODE.fullmatch(cell))
    if forms:
        form, count = forms.most_common(1)[0]
        if count >= len(present) - spare and form:
            return Shape(f"written like {next(c for c in present if _code_pattern(c) == form)!r}", form)
    for name, pattern in SHAPES:
        if sum(1 for cell in present if re.search(pattern, cell)) >= len(present) - spare:
            return Shape(name, pattern)
    return None


def _code_pattern(cell: str) -> str:
    """Return the pattern of a code: runs of capitals and of digits by length, other characters literally.

    "AB-12" gives `^[A-Z]{2}\\-[0-9]{2}$`. Plain numbers give "".
    """
    if not re.search(r"[A-Z/:-]", cell) or re.fullmatch(r"[-+]?[\d.]+(?:E[-+]?\d+)?", cell):
        return ""
    parts = [
        f"[A-Z]{{{len(run)}}}" if run[0].isalpha() else f"[0-9]{{{len(run)}}}" if run[0].isdigit() else re.escape(run)
        for run in _RUN.findall(cell)
    ]
    return f"^{''.join(parts)}$"


def count_contradictions(cells: Sequence[str], shapes: Sequence[Shape | None]) -> int:
    """Return how many cells contradict the shape of their column."""
    return sum(1 for cell, shape in zip(cells, shapes, strict=False) if shape is not None and not shape.fits(cell))
