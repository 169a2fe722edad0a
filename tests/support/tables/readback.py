"""What the reader makes of a generated table, compared with what was written; each difference is said or silent."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq
from polars.exceptions import PanicException, PolarsError

from tabletutor.config.tables import TablesConfig
from tabletutor.records.table import TableProfile
from tabletutor.tables.errors import TableError
from tabletutor.tables.ingest import ingest
from tests.support.tables.file_writer import Place, WrittenFile, write
from tests.support.tables.written import WrittenColumn, WrittenTable

Status = Literal["right", "said", "text", "refused", "silent"]
Row = tuple[object, ...]
# What a reader must not end with: none of them names file, line and remedy.
CRASHES = (ValueError, TypeError, LookupError, ArithmeticError, PolarsError, PanicException)
# What a warning about a column must hold to have said a difference of a kind.
ORDER = re.compile(r"cannot be told apart")
CENTURY = re.compile(r"two-digit year")
MARKS = re.compile(r"does not tell")
AS_TEXT = re.compile(r"\btext\b")
READ_AS = re.compile(r"read as|taken as|are rounded")
NO_VALUE = re.compile(r"missing|no such|cannot be held")
HEADER = re.compile(r"no header: the first row looks like data|question: is line \d+ the header")
LITERAL = re.compile(r"'[^']*'|\d+|became.*")
# A warning names the first lines only, and says how many there are: "7 rows … left out (lines 3, 9, 13, 16, 17 …)".
COUNTED = re.compile(r"(\d+) .* left out \(lines ((?:\d+, )*)(\d+) …\)")
LINES = re.compile(r"\blines? ((?:\d+(?:-\d+)?(?:, | and )?)+)")


@dataclass(frozen=True)
class Difference:
    """One thing that was read otherwise than written, or done without a word."""

    kind: str
    where: str
    what: str
    said: bool

    def __str__(self) -> str:
        return f"{'said' if self.said else 'SILENT'} {self.kind}: {self.where}: {self.what}"


@dataclass(frozen=True)
class Outcome:
    """What became of one table."""

    table: WrittenTable
    file: WrittenFile
    status: Status
    differences: tuple[Difference, ...]
    warnings: tuple[str, ...]

    @property
    def silent(self) -> frozenset[str]:
        return frozenset(difference.kind for difference in self.differences if not difference.said)

    @property
    def signature(self) -> str:
        """By which cases that fail alike are counted once: kinds and conventions, without figures."""
        silent = (d for d in self.differences if not d.said)
        return " ".join(sorted({f"{d.kind} {re.sub(LITERAL, '', d.what)}" for d in silent}))


def read_back(table: WrittenTable, folder: Path, config: TablesConfig) -> Outcome:
    """Write a table into `folder`, read it by `ingest`, and compare."""
    file = write(table)
    csv, parquet = folder / "t.csv", folder / "t.parquet"
    csv.write_bytes(file.data)
    try:
        profile = ingest(csv, "t", "t.csv", config, parquet, folder / "profile.json")
    except TableError as error:
        return Outcome(table, file, "refused", (Difference("refused", "file", str(error), True),), ())
    except CRASHES as error:
        return Outcome(table, file, "silent", (Difference("crash", "file", repr(error), False),), ())
    read = pq.read_table(parquet)
    differences = tuple(_Comparison(table, file, profile, read.to_pydict()).differences())
    status: Status = "right"
    if any(not difference.said for difference in differences):
        status = "silent"
    elif any(difference.kind == "left as text" for difference in differences):
        status = "text"
    elif differences:
        status = "said"
    return Outcome(table, file, status, differences, profile.warnings)


class _Comparison:
    def __init__(self, table: WrittenTable, file: WrittenFile, profile: TableProfile, read: dict[str, list[Any]]):
        self.table, self.file, self.profile, self.read = table, file, profile, read
        # The reader says of the header that it took the first row for data, or for names though it holds values.
        self.header_doubted = any(HEADER.match(warning) for warning in profile.warnings)
        self.named = named_lines(profile.warnings) | {repair.line for repair in profile.repairs}
        self.counted = [
            (int(found[3]), int(found[1]) - found[2].count(",") - 1)
            for found in map(COUNTED.match, profile.warnings)
            if found
        ]
        self.lines = {place.row: place.line for place in file.places if place.role == "row"}

    def differences(self) -> list[Difference]:
        found = self._extras()
        wanted = [
            column.header if self.table.layout.header else f"column_{place}"
            for place, column in enumerate(self.table.columns, start=1)
        ]
        got = list(self.read)
        if len(got) != len(wanted):
            said = any(re.search(r"column[_ ]\d+", warning) for warning in self.profile.warnings)
            return [*found, Difference("columns", "header", f"{wanted} became {got}", said)]
        for name, other in zip(wanted, got, strict=True):
            if name != other.strip():
                said = (
                    self._encoding_guessed()
                    or self.header_doubted
                    or any("header" in w and repr(other) in w for w in self.profile.warnings)
                )
                found.append(Difference("header", "header", f"{name!r} became {other!r}", said))
        if (
            not self.table.layout.header
            and not self.header_doubted
            and not any("no header" in warning for warning in self.profile.warnings)
        ):
            found.append(Difference("header", "header", "columns are named without a word", False))
        return found + self._values(got)

    def _encoding_guessed(self) -> bool:
        return any("a guess" in warning for warning in self.profile.warnings)

    def _extras(self) -> list[Difference]:
        """Lines that are no rows must be named by number or by their text."""
        told = "\n".join(self.profile.warnings)
        return [
            Difference("line", f"line {place.line}", f"{place.text!r}: nothing is said of it", False)
            for place in self.file.places
            if place.role == "extra" and place.text.strip(" ,;|~^\t\"'") and not self._told(place, told)
        ]

    def _told(self, place: Place, told: str) -> bool:
        if place.text == "\x1a":
            return re.search(r"ctrl-z|1a", told, re.IGNORECASE) is not None
        if self.header_doubted and any(
            other.role == "header" and other.text == place.text for other in self.file.places
        ):
            return True  # the header once more, of a file that is said to have none
        if len(self.read) != len(self.table.columns) and place.text in self.read:
            return True  # it became a header: `columns` says that
        return place.line in self.named or place.text.strip(" ,;|~^\t\"'") in told or repr(place.text) in told

    def _values(self, names: list[str]) -> list[Difference]:
        columns = self.table.columns
        got = [self.read[name] for name in names]
        truth = [_truth(column, cells) for column, cells in zip(columns, got, strict=True)]
        found = [d for place in range(len(columns)) for d in self._column(place, names[place], got[place])]
        written, read = list(zip(*truth, strict=True)), list(zip(*got, strict=True))
        if len(written) == len(read) and all(_same_row(a, b) for a, b in zip(written, read, strict=True)):
            return found
        pairs, lost, added = _aligned(written, read)
        headerless = any("no header" in warning for warning in self.profile.warnings)
        if headerless and self.table.layout.header and len(read) == len(written) + 1:
            pairs, lost, added = [(row, row + 1) for row in range(len(written))], [], [0]
        for row in lost:
            line = self.lines[row]
            said = line in self.named or self._is_counted(line, [self.lines[other] for other in lost])
            found.append(Difference("row", f"line {line}", "the row is not there", said))
        extra = self.header_doubted or any(
            place.line in self.named for place in self.file.places if place.role == "extra"
        )
        found += [Difference("row", f"row {row + 1} read", f"{read[row]} was not written", extra) for row in added]
        for place, column in enumerate(columns):
            cells = [(a, written[a][place], read[b][place]) for a, b in pairs]
            found += self._wrong(column, names[place], [cell for cell in cells if not same(cell[1], cell[2])])
        return found

    def _is_counted(self, line: int, lost: Sequence[int]) -> bool:
        """Whether a warning counts a lost line without its number: after the last it names, no more than it counts."""
        return any(line > last and sum(other > last for other in lost) <= more for last, more in self.counted)

    def _column(self, place: int, name: str, got: list[Any]) -> list[Difference]:
        """What holds of a column as a whole: its type, its unit, and that months became days."""
        column, told = self.table.columns[place], self._warnings(name)
        if ", some with U+" in column.convention:
            character = column.convention[-6:]
            # Cells that are missing, and rows taken away, may have been the only ones with it.
            written = any(chr(int(character[2:], 16)) in text for text in column.cells.texts)
            if written and not any(character in warning for warning in self.profile.warnings):
                return [Difference("invisible", name, f"{column.convention}: nothing is said of them", False)]
        if _left_as_text(column, got):
            said = AS_TEXT.search(told) is not None or self._encoding_guessed()
            return [Difference("left as text", name, column.convention, said)]
        found: list[Difference] = []
        if column.kind == "number":
            units = self.table.layout.units
            unit = column.unit if not units or not units[place] else units[place]
            in_cells = column.unit and any(column.unit in text for text in column.cells.texts)
            unit = unit if self.table.layout.header or in_cells else None
            read = self.profile.columns[place].unit
            if unit != read and any(value is not None for value in got):
                found.append(
                    Difference("unit", name, f"{unit!r} became {read!r}", f"{read!r} taken from the header" in told)
                )
        if column.kind == "date" and "d" not in column.convention and "month" not in told:
            found.append(Difference("month", name, f"{column.convention} became days without a word", False))
        return found

    def _wrong(self, column: WrittenColumn, name: str, wrong: list[tuple[int, object, object]]) -> list[Difference]:
        told = self._warnings(name)
        found: dict[tuple[str, bool], Difference] = {}
        for row, value, got in wrong:
            said = self.lines[row] in self.named or self._said(column, told, value, got, column.cells.texts[row])
            kind = "value" if value is not None and got is not None else "missing"
            what = f"{column.cells.texts[row]!r} ({column.convention}) became {got!r}"
            found.setdefault((kind, said), Difference(kind, f"{name}, line {self.lines[row]}", what, said))
        return list(found.values())

    def _said(self, column: WrittenColumn, told: str, value: object, got: object, text: str) -> bool:
        if repr(value) == "(no such value)":
            return NO_VALUE.search(told) is not None and repr(text) in told
        if value is None:
            return f"{text!r} kept" in told or f"{got!r} begins with a quote" in told
        if isinstance(got, str) and repr(got) in told:
            return True
        if got is None:
            return f"{text!r} taken as missing" in told
        if column.kind == "number" and isinstance(got, int | float):
            return MARKS.search(told) is not None
        if isinstance(value, datetime) and isinstance(got, datetime):
            if (value.year - got.year) % 100 == 0 and value.replace(year=2000) == got.replace(year=2000):
                return CENTURY.search(told) is not None
            return ORDER.search(told) is not None
        if isinstance(value, str) and isinstance(got, str) and self.table.dialect.encoding.startswith("cp"):
            return self._encoding_guessed()
        return READ_AS.search(told) is not None

    def _warnings(self, name: str) -> str:
        return "\n".join(w for w in self.profile.warnings if w.startswith("column") and repr(name) in w)


def named_lines(warnings: Sequence[str]) -> frozenset[int]:
    """The lines that warnings name: "line 3", "lines 4, 5", "lines 3-5"."""
    found: set[int] = set()
    for match in (m for warning in warnings for m in LINES.finditer(warning)):
        for piece in re.findall(r"\d+(?:-\d+)?", match[1]):
            first, _, last = piece.partition("-")
            found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)


def same(value: object, got: object) -> bool:
    """Whether a value was read as it was written."""
    if isinstance(value, float) and isinstance(got, int | float):
        return value == got or (math.isnan(value) and math.isnan(got))
    return value == got


def _same_row(row: Row, other: Row) -> bool:
    return all(same(a, b) for a, b in zip(row, other, strict=True))


def _left_as_text(column: WrittenColumn, got: list[Any]) -> bool:
    return column.kind in ("number", "date", "boolean") and any(isinstance(cell, str) for cell in got)


def _truth(column: WrittenColumn, got: list[Any]) -> list[object]:
    """The values to compare with: of a column that was left as text, the cells themselves."""
    if not _left_as_text(column, got):
        return list(column.cells.values)
    kept = {cell for cell in got if isinstance(cell, str)}
    pairs = zip(column.cells.texts, column.cells.values, strict=True)
    return [None if value is None and text not in kept else text for text, value in pairs]


def _aligned(written: list[Row], read: list[Row]) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Rows that belong together, rows that were not read, and rows that were not written."""
    if len(written) == len(read):
        return [(row, row) for row in range(len(written))], [], []
    columns = range(len(written[0]))
    common = [len({repr(r[i]) for r in written} & {repr(r[i]) for r in read}) for i in columns]
    good = [i for i in columns if common[i] >= 0.5 * len({repr(r[i]) for r in written})] or list(columns)
    keys = [[repr([_plain(row[i]) for i in good]) for row in rows] for rows in (written, read)]
    pairs: list[tuple[int, int]] = []
    lost: list[int] = []
    added: list[int] = []
    for _, a, b, c, d in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        shared = min(b - a, d - c)
        pairs += [(a + i, c + i) for i in range(shared)]
        lost += range(a + shared, b)
        added += range(c + shared, d)
    return pairs, lost, added


def _plain(value: object) -> object:
    return float(value) if isinstance(value, int | float) else value
