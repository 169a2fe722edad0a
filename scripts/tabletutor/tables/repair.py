"""Repair rows that do not fit their table. A row is repaired only if exactly one repair fits."""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from tabletutor.tables.dialect import DELIMITERS
from tabletutor.tables.header import Line
from tabletutor.tables.quotes import Quoting
from tabletutor.tables.shapes import Shape, count_contradictions, count_matches, count_suspicious, is_absent

LONGEST_CELL = 2000
_BOUNDARY = re.compile(
    r"(?<=\d)(?=[^\W\d])|(?<=[^\W\d])(?=\d)|(?<=[a-z.,!?])(?=[A-Z])|(?<=\w)(?=[$€£\"])|(?<=\")(?=\w)"
)


@dataclass(frozen=True)
class FittedRow:
    """A row that fits the table. `what` describes the repair, "" without one."""

    cells: list[str | None]
    what: str = ""


@dataclass(frozen=True)
class UnfitRow:
    """A row that goes to the quarantine, with the reason."""

    reason: str


@dataclass(frozen=True)
class Fitter:
    """Fits rows to a table of `width` columns. `never_empty`: indexes of columns that nearly always have a value."""

    width: int
    shapes: tuple[Shape | None, ...]
    quoting: Quoting
    never_empty: frozenset[int] = field(default_factory=frozenset[int])

    def fit(self, line: Line) -> FittedRow | UnfitRow:
        """Return the row with the right width, repaired if needed, or the reason why no repair is safe."""
        if line.broken:
            return self._fit_broken(line)
        cells = line.cells or [""]
        if len(cells) < self.width:
            return self._fit_short(cells, line.bare)
        if len(cells) > self.width:
            return self._fit_long(cells, line.bare)
        return self.undo_shift(line)

    def undo_shift(self, line: Line) -> FittedRow | UnfitRow:
        """Move shifted cells back if two or more cells contradict their columns and exactly one move fits.

        Two values in columns that are otherwise empty are no reason to move a row. A move must also bring a cell under
        a column whose shape it has: free text fits anywhere and proves nothing.
        """
        cells = line.cells or [""]
        wrong = count_suspicious(cells, self.shapes)
        if wrong < 2:
            return FittedRow(list(cells))
        moved = [
            [*shorter[:put], "", *shorter[put:]]
            for shorter in (cells[:cut] + cells[cut + 1 :] for cut, cell in enumerate(cells) if not cell.strip())
            for put in range(self.width)
        ]
        matches = count_matches(cells, self.shapes)
        chosen = self._only_fit(moved)
        if chosen is not None and count_matches(chosen, self.shapes) > matches:
            return FittedRow(list(chosen), "shifted cells moved back under their columns")
        better = (row for row in moved if count_contradictions(row, self.shapes) < wrong - 1)
        if any(count_matches(row, self.shapes) > matches for row in better):
            return UnfitRow(f"shifted: {wrong} cells contradict the rest of their columns")
        return FittedRow(list(cells))

    def _fit_broken(self, line: Line) -> FittedRow | UnfitRow:
        """Fit a row with misplaced quotes."""
        text = line.bare
        restored = self._only_fit(
            [cells for cells in self.quoting.insert_one_delimiter(text) if len(cells) == self.width]
        )
        if restored is not None:
            return FittedRow(list(restored), "a delimiter lost beside a quote put back")
        stray = self._only_fit(self.quoting.drop_one_quote(text))
        if stray is not None:
            return FittedRow(list(stray), "a stray quote taken out")
        cells = line.cells
        if len(cells) == self.width and count_suspicious(cells, self.shapes) < 2:
            return FittedRow(list(cells), "a misplaced quote kept as part of its cell")
        plain = next(csv.reader([text], delimiter=self.quoting.dialect.delimiter, quoting=csv.QUOTE_NONE), [])
        chosen = self._only_fit([plain] if len(plain) == self.width else [])
        if chosen is not None:
            return FittedRow(list(chosen), "quotes that do not match kept as part of their cells")
        fitted = self.fit(line._replace(broken=False))
        if isinstance(fitted, FittedRow):
            return FittedRow(fitted.cells, f"misplaced quote; {fitted.what or 'cells missing at the end'}")
        return UnfitRow(f"misplaced quote; {fitted.reason}")

    def _fit_short(self, cells: list[str], text: str) -> FittedRow | UnfitRow:
        """Fit a row with too few cells. Without contradictions, the missing cells at the end become null."""
        lack = self.width - len(cells)
        filled: list[str | None] = [*cells, *[None] * lack]
        wrong = count_suspicious(cells, self.shapes)
        other = self._read_with_other_delimiter(text) if len(cells) == 1 or wrong else None
        if other is not None:
            return FittedRow(list(other), "a row with another delimiter read with it")
        gaps = sum(1 for index in self.never_empty if index >= len(cells) or not cells[index].strip())
        restored = self._only_fit(self.quoting.insert_one_delimiter(text)) if lack == 1 and (wrong or gaps) else None
        if not wrong and restored is None:
            return FittedRow(filled)
        if lack == 1:
            chosen = restored or self._only_fit(self._splits(cells))
            if chosen is not None:
                return FittedRow(list(chosen), "two joined cells parted")
            gap = self._only_fit([[*cells[:put], "", *cells[put:]] for put in range(self.width)])
            if gap is not None:
                return FittedRow(list(gap), "shifted cells moved back under their columns")
        return UnfitRow(f"{len(cells)} cells for {self.width} columns, and no one place where a cell is missing")

    def _fit_long(self, cells: list[str], text: str) -> FittedRow | UnfitRow:
        """Fit a row with too many cells. Without contradictions, extra empty cells at the end are dropped."""
        extra = len(cells) - self.width
        blank = not any(cell.strip() for cell in cells[self.width :])
        if blank and not count_suspicious(cells[: self.width], self.shapes):
            return FittedRow(list(cells[: self.width]))
        rows = [cells]
        for _ in range(min(extra, 3)):
            rows = [row[:cut] + row[cut + 1 :] for row in rows for cut, cell in enumerate(row) if not cell.strip()]
        chosen = self._only_fit(rows)
        if chosen is not None:
            return FittedRow(list(chosen), "shifted cells moved back under their columns: an extra delimiter taken out")
        other = self._read_with_other_delimiter(text)
        if other is not None:
            return FittedRow(list(other), "a row with another delimiter read with it")
        if extra == 1 and any(shape is not None for shape in self.shapes):
            mark = self.quoting.dialect.delimiter
            chosen = self._only_fit(
                [[*cells[:at], mark.join(cells[at : at + 2]), *cells[at + 2 :]] for at in range(self.width)]
            )
            if chosen is not None:
                return FittedRow(list(chosen), "two cells joined: a delimiter inside a cell that is not quoted")
        over = next((cell for cell in cells[self.width :] if cell.strip()), "")
        return UnfitRow(f"{len(cells)} cells where the table has {self.width} columns (extra: {over!r})")

    def _splits(self, cells: list[str]) -> Iterable[list[str]]:
        """Yield all rows that split one cell in two: between letters and digits, or anywhere between strict shapes."""
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

    def _read_with_other_delimiter(self, text: str) -> list[str] | None:
        """Return the cells of a row that uses another delimiter than the table, or None."""
        readings: list[list[str]] = []
        for mark in DELIMITERS:
            if mark != self.quoting.dialect.delimiter and mark in text:
                dialect = replace(self.quoting.dialect, delimiter=mark)
                readings.append(dialect.row(text))
        return self._only_fit(readings) if any(shape is not None for shape in self.shapes) else None

    def _only_fit(self, rows: Iterable[Sequence[str]]) -> list[str] | None:
        """Return the only row of the right width that contradicts no column, or None.

        If several fit, return the only one with the fewest empty cells in columns that nearly always have a value.
        """
        fitting = {
            tuple(row): sum(1 for index in self.never_empty if not row[index].strip())
            for row in rows
            if len(row) == self.width and not count_contradictions(row, self.shapes)
        }
        least = min(fitting.values(), default=0)
        best = [row for row, gaps in fitting.items() if gaps == least]
        return list(best[0]) if len(best) == 1 else None


def never_empty(rows: Sequence[Sequence[str]], width: int) -> frozenset[int]:
    """Return the indexes of the columns that have a value in nearly every row of the sample."""
    fitting = [row for row in rows if len(row) == width]
    spare = max(1, len(fitting) // 50)
    return frozenset(
        index
        for index in range(width)
        if sum(1 for row in fitting if is_absent(row[index])) <= spare and len(fitting) > 4
    )
