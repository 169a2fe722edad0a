"""Learn the shape of each column from a sample: number, time of day, web address, code of one form, or empty.

A cell that contradicts the shape of its column suggests a shifted row. A column has a shape only if nearly every
sampled cell has it. Free text has no shape, so nothing contradicts it. The sample comes from all parts of the file:
a file in order of time or kind has other cells at its end than at its start.
"""

import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tabletutor.tables.header import Line

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
        return is_absent(cell) or self.matches(cell)

    def matches(self, cell: str) -> bool:
        """Return whether a cell has a value of this shape. Cells that may be missing never match."""
        return self.pattern != "" and not is_absent(cell) and re.search(self.pattern, cell.strip()) is not None


def is_absent(cell: str) -> bool:
    """Return whether a cell may be a missing value."""
    return _MISSING.fullmatch(cell) is not None


def sample_rows(lines: Iterable[Line], width: int) -> list[list[str]]:
    """Return the cells of up to `SAMPLE` rows of `width` cells, drawn evenly from all lines, in the order of the lines.

    The draw has a fixed seed: the same lines always give the same rows.
    """
    draw = random.Random(0)
    chosen: list[tuple[int, list[str]]] = []
    seen = 0
    for line in lines:
        if line.broken or len(line.cells) != width:
            continue
        seen += 1
        if len(chosen) < SAMPLE:
            chosen.append((seen, line.cells))
        elif (place := int(draw.random() * seen)) < SAMPLE:
            chosen[place] = (seen, line.cells)
    return [cells for _, cells in sorted(chosen)]


def column_shapes(rows: Sequence[Sequence[str]], width: int) -> tuple[Shape | None, ...]:
    """Return the shape of each column, learnt from the first rows that have `width` cells; None for free text."""
    fitting = [row for row in rows if len(row) == width][:SAMPLE]
    return tuple(_column_shape([row[index].strip() for row in fitting]) for index in range(width))


def _column_shape(cells: list[str]) -> Shape | None:
    present = [cell for cell in cells if not is_absent(cell)]
    if len(cells) > ENOUGH and len([cell for cell in cells if cell]) <= 1:
        return Shape("empty", "")
    if len(present) < ENOUGH:
        return None
    spare = max(1, len(present) // 50)
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


def count_suspicious(cells: Sequence[str], shapes: Sequence[Shape | None]) -> int:
    """Return how many cells contradict the shape of their column, 0 if all of them are in columns otherwise empty.

    A value in a column that is nearly always empty is rare, but no sign of a fault.
    """
    wrong = [shape for cell, shape in zip(cells, shapes, strict=False) if shape is not None and not shape.fits(cell)]
    return len(wrong) if any(shape.pattern for shape in wrong) else 0


def count_matches(cells: Sequence[str], shapes: Sequence[Shape | None]) -> int:
    """Return how many cells have a value of the shape of their column."""
    return sum(1 for cell, shape in zip(cells, shapes, strict=False) if shape is not None and shape.matches(cell))
