"""Fit rows to the table and spool them in batches to Arrow files. Records every repaired or quarantined row."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import polars as pl

from tabletutor.tables.header import Line, is_comment, is_name, is_ruler, is_value
from tabletutor.tables.journal import Journal
from tabletutor.tables.layout import Layout, is_note
from tabletutor.tables.repair import Fitter, UnfitRow
from tabletutor.tables.repeated_header import RepeatedHeader
from tabletutor.tables.shapes import ABSENT, Shape

BATCH_ROWS = 8192
_ABSENT = f"(?i)^(?:{ABSENT})$"
Row = list[str | None]


@dataclass
class Spooler:
    """Separates data rows from comments, footers and other lines, and spools them.

    `first`: the shapes of the columns in the first rows, which belong to one table; `fitter.shapes` come from the whole
    file, which may hold another. `undoubled`: the file does not double quotes inside quoted cells.
    """

    layout: Layout
    fitter: Fitter
    journal: Journal
    first: tuple[Shape | None, ...]
    repeated: RepeatedHeader
    undoubled: bool = False

    def spool(self, body: Iterator[Line], folder: Path) -> tuple[int, tuple[Path, ...]]:
        """Write all data rows to Arrow files in `folder`. Return the number of rows, and the files."""
        width = self.fitter.width
        batches: list[Path] = []
        count = 0
        rows = self._rows(body)
        while True:
            batch = list(islice(rows, BATCH_ROWS))
            if not batch and batches:
                break
            more = len(batch) == BATCH_ROWS
            frame = self._batch_frame(batch)
            target = folder / f"{len(batches):06d}.arrow"
            frame.write_ipc(target)
            batches.append(target)
            count += frame.height if width else 0
            if not more:
                break
        return count, tuple(batches)

    def _frame(self, rows: list[Row]) -> pl.DataFrame:
        columns = list(zip(*rows, strict=True)) if rows else [()] * self.fitter.width
        return pl.DataFrame([pl.Series(str(i), column, dtype=pl.String) for i, column in enumerate(columns)])

    def _batch_frame(self, batch: list[tuple[Row, Line]]) -> pl.DataFrame:
        """Return a batch as a frame. Repairs, quarantines or reports rows that contradict their columns."""
        frame = self._frame([row for row, _ in batch])
        odd = self._find_contradictions(frame)
        again = [index for index, columns in odd.items() if len(columns) > 1]
        dropped: set[int] = set()
        for index in again:
            row, line = batch[index]
            fitted = self.fitter.undo_shift(Line(line.number, [cell or "" for cell in row], line.text))
            if isinstance(fitted, UnfitRow):
                self.journal.record_quarantine(line, fitted.reason)
                dropped.add(index)
            elif fitted.what:
                self.journal.record_repair(line, fitted.what)
                batch[index] = (fitted.cells, line)
            else:
                continue
            del odd[index]
        for index, columns in odd.items():
            for column in columns:
                shape = self.fitter.shapes[column]
                if shape is not None and shape.pattern:
                    what = f"cells are not {shape.name}, as the others are"
                    self.journal.add(what, batch[index][1].number, column)
        if again:
            frame = self._frame([row for index, (row, _) in enumerate(batch) if index not in dropped])
        return frame

    def _find_contradictions(self, frame: pl.DataFrame) -> dict[int, list[int]]:
        """Return the columns that cells contradict, by row index."""
        found: dict[int, list[int]] = {}
        for column, shape in enumerate(self.fitter.shapes):
            if shape is None or not frame.height:
                continue
            cells = frame[str(column)].str.strip_chars()
            fits = cells.str.contains(shape.pattern) if shape.pattern else cells == ""
            wrong = (~fits.fill_null(True)).arg_true()
            if len(wrong):
                wrong = wrong.filter(~cells.gather(wrong).str.contains(_ABSENT))
            for index in wrong.to_list():
                found.setdefault(index, []).append(column)
        return dict(sorted(found.items()))

    def _rows(self, body: Iterator[Line]) -> Iterator[tuple[Row, Line]]:
        """Yield data rows of the right width. Short rows at the end of the file are footers; others are fitted."""
        width, first = self.fitter.width, self.layout.header[0] if self.layout.header else None
        held: list[Line] = []  # possible footers: rows of the table if another row follows
        alone: Line | None = None  # the last row, if only its first cell is filled
        blank = False
        after = self.layout.rows_after
        ahead: list[Line] = []
        escapes = self.fitter.quoting.other_escapes
        while True:
            line = ahead.pop(0) if ahead else next(body, None)
            if line is None:
                break
            cells = line.cells
            if line.number <= after:
                continue
            if escapes and escapes.search(line.text):
                mark = self.fitter.quoting.dialect.escape
                self.journal.add(
                    f"rows in which {mark!r} was taken out before characters other than quotes", line.number
                )
            if (
                len(cells) == width
                and not (held or blank or line.broken)
                and width > 1
                and cells[0] != first
                and cells[0][:2] not in ("--", "==", "__")
                and sum(map(bool, cells)) > 2
                and not self.repeated.counts(cells)
            ):
                alone = None
                yield cells, line  # pyright: ignore[reportReturnType]  (cells of text are cells of text or nothing)
                continue
            if cells == ["\x1a"]:
                self.journal.add("lines with Ctrl-Z (an old mark for the end of a file) left out", line.number)
            elif width > 1 and not any(cell.strip() for cell in cells):
                blank = True
                if cells:
                    self.journal.add("rows with no value left out", line.number)
                continue
            elif is_comment(cells, width):
                self.journal.add("comments left out", line.number)
            elif is_ruler(cells):
                self.journal.add("rulers of dashes left out", line.number)
            elif tuple(cells) == self.layout.header:
                self.journal.add("repeated headers left out", line.number)
            elif self._is_another_table(line, blank, body, ahead):
                rest = sum(1 for row in chain(ahead, body) if row.cells)
                self.journal.add(f"second table left out, with its {rest} rows", line.number)
                break
            elif counts := self.repeated.counts(cells):
                self.journal.record_repeated_header(line, *counts)
            elif is_note(cells, width):
                held.append(line)
            else:
                for row in (*held, line):
                    yield from self._fit_row(row)
                held.clear()
                alone = line if cells and cells[0].strip() and not any(map(str.strip, cells[1:])) else None
            blank = False
        if alone and (held or blank or width > 2):
            what = f"last row kept, though only its first cell is filled: {alone.cells[0].strip()!r}"
            self.journal.add(what, alone.number)
        for line in held:
            text = " ".join(line.cells).strip()
            self.journal.add(f"row after the last one left out as a footer: {text!r}", line.number)

    def _is_another_table(self, line: Line, blank: bool, body: Iterator[Line], ahead: list[Line]) -> bool:
        """Return whether a row is the header of another table.

        Either it consists of names and differs in width from this table, and the rows after it have its width and
        contain values. Or it follows a blank line and has a name in each column whose shape requires a value.
        """
        cells, width = line.cells, self.fitter.width
        filled = [cell for cell in cells if cell.strip()]
        if line.broken or len(filled) < 2 or len(filled) < len(cells) - 1 or not all(map(is_name, filled)):
            return False
        if len(cells) == width:
            strict = [(cells[i], shape) for i, shape in enumerate(self.first) if shape is not None and shape.pattern]
            return blank and bool(strict) and all(is_name(cell) and not shape.fits(cell) for cell, shape in strict)
        while len(ahead) < 3:
            following = next(body, None)
            if following is None:
                break
            ahead.append(following)
        own = [row.cells for row in ahead[:3] if len(row.cells) == len(cells)]
        return len(own) > 1 and len(own) == len(ahead[:3]) and any(is_value(cell) for row in own for cell in row)

    def _fit_row(self, line: Line) -> Iterator[tuple[Row, Line]]:
        """Yield the row in the right width and record what was changed, or quarantine it."""
        width = self.fitter.width
        fitted = self.fitter.fit(line)
        if isinstance(fitted, UnfitRow):
            self.journal.record_quarantine(line, fitted.reason)
            return
        undoubled = self.undoubled and self.fitter.quoting.undoubled.fullmatch(line.bare)
        if line.broken and undoubled and len(line.cells) == width:
            self.journal.add("rows with quotes inside quoted cells that are not doubled", line.number)
            yield [*line.cells], line
            return
        if fitted.what:
            self.journal.record_repair(line, fitted.what)
        elif len(line.cells) < width:
            self.journal.add("rows shorter than the header filled with missing cells", line.number)
        elif len(line.cells) > width:
            self.journal.add("rows with empty cells beyond the header cut", line.number)
        yield fitted.cells, line
