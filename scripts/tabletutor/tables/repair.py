"""How a row that does not fit its table is mended, if exactly one way fits, or why it cannot be."""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from tabletutor.tables.dialect import DELIMITERS
from tabletutor.tables.header import Line
from tabletutor.tables.quotes import Quoting
from tabletutor.tables.shapes import Shape, absent, contradictions

LONGEST_CELL = 2000
_BOUNDARY = re.compile(
    r"(?<=\d)(?=[^\W\d])|(?<=[^\W\d])(?=\d)|(?<=[a-z.,!?])(?=[A-Z])|(?<=\w)(?=[$€£\"])|(?<=\")(?=\w)"
)


@dataclass(frozen=True)
class Mended:
    """A row that fits the table. `what` says how it was changed; "" where it was not."""

    cells: list[str | None]
    what: str = ""


@dataclass(frozen=True)
class Unmendable:
    """Why a row goes to the quarantine."""

    reason: str


@dataclass(frozen=True)
class Fitter:
    """Makes rows fit a table of `width` columns with these shapes."""

    width: int
    shapes: tuple[Shape | None, ...]
    quoting: Quoting
    never_empty: frozenset[int] = field(default_factory=frozenset[int])

    def fit(self, line: Line) -> Mended | Unmendable:
        """A row of the right width, or the reason why there is no safe one."""
        if line.broken:
            return self._broken(line)
        cells = line.cells or [""]
        if len(cells) < self.width:
            return self._short(cells, line.bare)
        if len(cells) > self.width:
            return self._long(cells, line.bare)
        return self.shifted(line)

    def shifted(self, line: Line) -> Mended | Unmendable:
        """A row of the right width; if two cells or more contradict their columns, the one shift that fits."""
        cells = line.cells or [""]
        wrong = contradictions(cells, self.shapes)
        if wrong < 2:
            return Mended(list(cells))
        moved = [
            [*shorter[:put], "", *shorter[put:]]
            for shorter in (cells[:cut] + cells[cut + 1 :] for cut, cell in enumerate(cells) if not cell.strip())
            for put in range(self.width)
        ]
        chosen = self._only(moved)
        if chosen is not None:
            return Mended(list(chosen), "shifted cells moved back under their columns")
        if any(contradictions(row, self.shapes) < wrong - 1 for row in moved):
            return Unmendable(f"shifted: {wrong} cells contradict the rest of their columns")
        return Mended(list(cells))

    def _broken(self, line: Line) -> Mended | Unmendable:
        text = line.bare
        parted = self._only([cells for cells in self.quoting.parted(text) if len(cells) == self.width])
        if parted is not None:
            return Mended(list(parted), "a delimiter lost beside a quote put back")
        stray = self._only(self.quoting.without_a_quote(text))
        if stray is not None:
            return Mended(list(stray), "a stray quote taken out")
        cells = line.cells
        if len(cells) == self.width and contradictions(cells, self.shapes) < 2:
            return Mended(list(cells), "a misplaced quote kept as part of its cell")
        plain = next(csv.reader([text], delimiter=self.quoting.dialect.delimiter, quoting=csv.QUOTE_NONE), [])
        chosen = self._only([plain] if len(plain) == self.width else [])
        if chosen is not None:
            return Mended(list(chosen), "quotes that do not match kept as part of their cells")
        fitted = self.fit(line._replace(broken=False))
        if isinstance(fitted, Mended):
            return Mended(fitted.cells, f"misplaced quote; {fitted.what or 'cells missing at the end'}")
        return Unmendable(f"misplaced quote; {fitted.reason}")

    def _short(self, cells: list[str], text: str) -> Mended | Unmendable:
        lack = self.width - len(cells)
        filled: list[str | None] = [*cells, *[None] * lack]
        wrong = contradictions(cells, self.shapes)
        other = self._other_delimiter(text) if len(cells) == 1 or wrong else None
        if other is not None:
            return Mended(list(other), "a row with another delimiter read with it")
        gaps = sum(1 for index in self.never_empty if index >= len(cells) or not cells[index].strip())
        parted = self._only(self.quoting.parted(text)) if lack == 1 and (wrong or gaps) else None
        if not wrong and parted is None:
            return Mended(filled)
        if lack == 1:
            chosen = parted or self._only(self._split(cells))
            if chosen is not None:
                return Mended(list(chosen), "two joined cells parted")
            gap = self._only([[*cells[:put], "", *cells[put:]] for put in range(self.width)])
            if gap is not None:
                return Mended(list(gap), "shifted cells moved back under their columns")
        return Unmendable(f"{len(cells)} cells for {self.width} columns, and no one place where a cell is missing")

    def _long(self, cells: list[str], text: str) -> Mended | Unmendable:
        extra = len(cells) - self.width
        blank = not any(cell.strip() for cell in cells[self.width :])
        if blank and not contradictions(cells[: self.width], self.shapes):
            return Mended(list(cells[: self.width]))
        rows = [cells]
        for _ in range(min(extra, 3)):
            rows = [row[:cut] + row[cut + 1 :] for row in rows for cut, cell in enumerate(row) if not cell.strip()]
        chosen = self._only(rows)
        if chosen is not None:
            return Mended(list(chosen), "shifted cells moved back under their columns: an extra delimiter taken out")
        other = self._other_delimiter(text)
        if other is not None:
            return Mended(list(other), "a row with another delimiter read with it")
        if extra == 1 and any(shape is not None for shape in self.shapes):
            mark = self.quoting.dialect.delimiter
            chosen = self._only(
                [[*cells[:at], mark.join(cells[at : at + 2]), *cells[at + 2 :]] for at in range(self.width)]
            )
            if chosen is not None:
                return Mended(list(chosen), "two cells joined: a delimiter inside a cell that is not quoted")
        over = next((cell for cell in cells[self.width :] if cell.strip()), "")
        return Unmendable(f"{len(cells)} cells where the table has {self.width} columns (extra: {over!r})")

    def _split(self, cells: list[str]) -> Iterable[list[str]]:
        """All rows that part one cell in two: between letters and digits, or anywhere between two strict shapes."""
        for index, cell in enumerate(cells):
            if len(cell) > LONGEST_CELL:
                continue
            left, right = self.shapes[index], self.shapes[index + 1]
            places: Iterable[int] = (found.start() for found in _BOUNDARY.finditer(cell))
            if left is not None and right is not None and left.pattern and right.pattern:
                places = range(1, len(cell))
            for at in places:
                parts = (cell[:at].strip().strip('"'), cell[at:].strip().strip('"'))
                if all(parts):
                    yield [*cells[:index], *parts, *cells[index + 1 :]]

    def _other_delimiter(self, text: str) -> list[str] | None:
        readings: list[list[str]] = []
        for mark in DELIMITERS:
            if mark != self.quoting.dialect.delimiter and mark in text:
                dialect = replace(self.quoting.dialect, delimiter=mark)
                readings.append(dialect.row(text))
        return self._only(readings) if any(shape is not None for shape in self.shapes) else None

    def _only(self, rows: Iterable[Sequence[str]]) -> list[str] | None:
        """The one row of the right width that no column contradicts; of several, the one with the fewest new gaps."""
        fitting = {
            tuple(row): sum(1 for index in self.never_empty if not row[index].strip())
            for row in rows
            if len(row) == self.width and not contradictions(row, self.shapes)
        }
        least = min(fitting.values(), default=0)
        best = [row for row, gaps in fitting.items() if gaps == least]
        return list(best[0]) if len(best) == 1 else None


def never_empty(rows: Sequence[Sequence[str]], width: int) -> frozenset[int]:
    """The columns that hold a value in nearly every row of the sample."""
    fitting = [row for row in rows if len(row) == width]
    spare = max(1, len(fitting) // 50)
    return frozenset(
        index for index in range(width) if sum(1 for row in fitting if absent(row[index])) <= spare and len(fitting) > 4
    )
