"""Rows of the right width, spooled in batches to Arrow files; every row mended or put aside is written down."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import polars as pl

from tabletutor.records.table import Repair
from tabletutor.tables.errors import NAMED_LINES, TableError, on_lines
from tabletutor.tables.header import Line, is_comment, is_name, is_ruler, is_value
from tabletutor.tables.layout import Layout, is_note
from tabletutor.tables.repair import Fitter, Unmendable
from tabletutor.tables.shapes import ABSENT

BATCH_ROWS = 8192
NAMED_REPAIRS = 100
ALWAYS_ALLOWED = 3
QUARANTINE = "quarantine.csv"
_ABSENT = f"(?i)^(?:{ABSENT})$"
_ASIDE = "quarantined: "
Row = list[str | None]


@dataclass(frozen=True)
class RepairRules:
    """How many rows may be mended or put aside (a share; a few always may), and whether any may be at all."""

    max_share: float = 0.01
    refuse: bool = False


@dataclass
class Journal:
    """What was done to rows: counts with the first lines of each kind, repairs, and the quarantine file."""

    source: str
    rules: RepairRules
    quarantine: Path
    counts: dict[str, int] = field(default_factory=dict[str, int])
    lines: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    repairs: list[Repair] = field(default_factory=list[Repair])
    repaired: int = 0
    quarantined: int = 0

    def __post_init__(self) -> None:
        self._write([["line", "reason", "text"]], "w")

    def add(self, what: str, line: int) -> None:
        """Count something that happened on a line."""
        self.counts[what] = self.counts.get(what, 0) + 1
        if len(self.lines.setdefault(what, [])) < NAMED_LINES:
            self.lines[what].append(line)

    def mend(self, line: Line, what: str) -> None:
        """A row that was changed."""
        self._note(line, what)
        self.repaired += 1
        self.add(f"rows repaired ({what})", line.number)

    def put_aside(self, line: Line, reason: str) -> None:
        """A row that is not in the table, but in the quarantine."""
        self._note(line, reason, _ASIDE)
        self.quarantined += 1
        self._write([[str(line.number), reason, line.bare]], "a")

    def _note(self, line: Line, what: str, prefix: str = "") -> None:
        if self.rules.refuse:
            remedy = "Mend the row, or set tables.on_broken_row: repair."
            raise TableError(self.source, what, remedy, line.number)
        if len(self.repairs) < NAMED_REPAIRS:
            self.repairs.append(Repair(line.number, prefix + what))

    def _write(self, rows: list[list[str]], mode: str) -> None:
        with self.quarantine.open(mode, encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(rows)

    def judge(self, rows: int) -> None:
        """Refuse the file where too many of its rows had to be mended."""
        odd = self.repaired + self.quarantined
        if odd <= max(ALWAYS_ALLOWED, self.rules.max_share * (rows + self.quarantined)):
            return
        first = min(self.repairs, key=lambda repair: repair.line)
        raise TableError(
            self.source,
            f"{odd} of {rows + self.quarantined} rows do not fit the table, more than tables.max_repaired_share "
            f"({self.rules.max_share:g}) allows; here: {first.what.removeprefix(_ASIDE)}",
            "Mend the file, or raise tables.max_repaired_share.",
            first.line,
        )

    def warnings(self) -> tuple[str, ...]:
        """One sentence for each kind of thing that happened."""
        told = [f"{count} {what} {on_lines(self.lines[what], count)}" for what, count in self.counts.items()]
        if self.quarantined:
            told.append(f"{self.quarantined} rows could not be repaired and are in {QUARANTINE}")
        return tuple(told)


@dataclass
class Spooler:
    """Takes the rows of a file apart from what is not a row, and spools them."""

    layout: Layout
    fitter: Fitter
    journal: Journal
    undoubled: bool = False

    def spool(self, body: Iterator[Line], folder: Path) -> tuple[int, tuple[Path, ...]]:
        """Write all rows to Arrow files in `folder`; how many there are, and the files."""
        width = self.fitter.width
        batches: list[Path] = []
        count = 0
        rows = self._rows(body)
        while True:
            batch = list(islice(rows, BATCH_ROWS))
            if not batch and batches:
                break
            more = len(batch) == BATCH_ROWS
            frame = self._checked(batch)
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

    def _checked(self, batch: list[tuple[Row, Line]]) -> pl.DataFrame:
        """A batch as a frame, after rows that contradict their columns were mended, put aside or remarked on."""
        frame = self._frame([row for row, _ in batch])
        odd = self._contradicting(frame)
        again = [index for index, columns in odd.items() if len(columns) > 1]
        dropped: set[int] = set()
        for index in again:
            row, line = batch[index]
            fitted = self.fitter.shifted(Line(line.number, [cell or "" for cell in row], line.text))
            if isinstance(fitted, Unmendable):
                self.journal.put_aside(line, fitted.reason)
                dropped.add(index)
            elif fitted.what:
                self.journal.mend(line, fitted.what)
                batch[index] = (fitted.cells, line)
            else:
                continue
            del odd[index]
        for index, columns in odd.items():
            for column in columns:
                shape = self.fitter.shapes[column]
                if shape is not None and shape.pattern:
                    what = f"cells of column {self.layout.names[column]!r} are not {shape.name}, as the others are"
                    self.journal.add(what, batch[index][1].number)
        if again:
            frame = self._frame([row for index, (row, _) in enumerate(batch) if index not in dropped])
        return frame

    def _contradicting(self, frame: pl.DataFrame) -> dict[int, list[int]]:
        """The rows with cells that contradict the shape of their column, and these columns."""
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
        """Data rows of the right width. Short rows that end the file are footers; elsewhere they are mended."""
        width, first = self.fitter.width, self.layout.header[0] if self.layout.header else None
        held: list[Line] = []
        alone: Line | None = None  # the last row, where only its first cell is filled
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
            elif self._another_table(line, blank, body, ahead):
                rest = sum(1 for row in chain(ahead, body) if row.cells)
                self.journal.add(f"second table left out, with its {rest} rows", line.number)
                break
            elif is_note(cells, width):
                held.append(line)
            else:
                for row in (*held, line):
                    yield from self._fitted(row)
                held.clear()
                alone = line if cells and cells[0].strip() and not any(map(str.strip, cells[1:])) else None
            blank = False
        if alone and (held or blank or width > 2):
            what = f"last row kept, though only its first cell is filled: {alone.cells[0].strip()!r}"
            self.journal.add(what, alone.number)
        for line in held:
            text = " ".join(line.cells).strip()
            self.journal.add(f"row after the last one left out as a footer: {text!r}", line.number)

    def _another_table(self, line: Line, blank: bool, body: Iterator[Line], ahead: list[Line]) -> bool:
        """Whether a row is the header of another table: names only, of another width than this table's, as the
        rows after it are; or names over all its columns of values after a blank line."""
        cells, width = line.cells, self.fitter.width
        filled = [cell for cell in cells if cell.strip()]
        if line.broken or len(filled) < 2 or len(filled) < len(cells) - 1 or not all(map(is_name, filled)):
            return False
        if len(cells) == width:
            strict = [i for i, shape in enumerate(self.fitter.shapes) if shape is not None and shape.pattern]
            return blank and bool(strict) and all(is_name(cells[i]) and not self._fits(i, cells[i]) for i in strict)
        while len(ahead) < 3:
            following = next(body, None)
            if following is None:
                break
            ahead.append(following)
        own = [row.cells for row in ahead[:3] if len(row.cells) == len(cells)]
        return len(own) > 1 and len(own) == len(ahead[:3]) and any(is_value(cell) for row in own for cell in row)

    def _fits(self, index: int, cell: str) -> bool:
        shape = self.fitter.shapes[index]
        return shape is None or shape.fits(cell)

    def _fitted(self, line: Line) -> Iterator[tuple[Row, Line]]:
        width = self.fitter.width
        fitted = self.fitter.fit(line)
        if isinstance(fitted, Unmendable):
            self.journal.put_aside(line, fitted.reason)
            return
        undoubled = self.undoubled and self.fitter.quoting.undoubled.fullmatch(line.bare)
        if line.broken and undoubled and len(line.cells) == width:
            self.journal.add("rows with quotes inside quoted cells that are not doubled", line.number)
            yield [*line.cells], line
            return
        if fitted.what:
            self.journal.mend(line, fitted.what)
        elif len(line.cells) < width:
            self.journal.add("rows shorter than the header filled with missing cells", line.number)
        elif len(line.cells) > width:
            self.journal.add("rows with empty cells beyond the header cut", line.number)
        yield fitted.cells, line
