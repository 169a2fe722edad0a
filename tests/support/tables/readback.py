"""Read a generated table back and compare it with what was written. Each difference is reported or silent."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq
from polars.exceptions import PanicException, PolarsError

from tabletutor.config.tables import TablesConfig
from tabletutor.records.table import TableProfile
from tabletutor.tables.errors import TableError
from tabletutor.tables.ingest import ingest
from tests.support.tables.file_writer import Place, WrittenFile, write
from tests.support.tables.row_alignment import align_rows, is_same, is_same_row
from tests.support.tables.written import WrittenColumn, WrittenTable

Status = Literal["right", "reported", "text", "refused", "silent"]
# Errors that a reader must not raise: none of them names file, line and remedy.
CRASHES = (ValueError, TypeError, LookupError, ArithmeticError, PolarsError, PanicException)
# A warning about a column reports a difference of a kind if it matches the pattern.
ORDER = re.compile(r"cannot be told apart")
CENTURY = re.compile(r"two-digit year")
MARKS = re.compile(r"does not tell")
AS_TEXT = re.compile(r"\btext\b")
READ_AS = re.compile(r"read as|taken as|are rounded")
NO_VALUE = re.compile(r"missing|no such|cannot be held")
HEADER = re.compile(r"no header: the first row looks like data|question: is line \d+ the header")
LITERAL = re.compile(r"'[^']*'|\d+|became.*")
# A warning counts the lines but names only the first five: "7 rows … left out (lines 3, 9, 13, 16, 17 …)".
COUNTED = re.compile(r"(\d+) .* left out \(lines ((?:\d+, )*)(\d+) …\)")
LINES = re.compile(r"\blines? ((?:\d+(?:-\d+)?(?:, | and )?)+)")


@dataclass(frozen=True)
class Difference:
    """One thing that was read differently from how it was written, or changed without a warning."""

    kind: str
    where: str
    what: str
    reported: bool

    def __str__(self) -> str:
        return f"{'reported' if self.reported else 'SILENT'} {self.kind}: {self.where}: {self.what}"


@dataclass(frozen=True)
class Outcome:
    """The result of reading one table back."""

    table: WrittenTable
    file: WrittenFile
    status: Status
    differences: tuple[Difference, ...]
    warnings: tuple[str, ...]

    @property
    def silent(self) -> frozenset[str]:
        return frozenset(difference.kind for difference in self.differences if not difference.reported)

    @property
    def signature(self) -> str:
        """Kinds and conventions of the silent differences, without figures. Equal for cases that fail alike."""
        silent = (d for d in self.differences if not d.reported)
        return " ".join(sorted({f"{d.kind} {re.sub(LITERAL, '', d.what)}" for d in silent}))


def read_back(table: WrittenTable, folder: Path, config: TablesConfig) -> Outcome:
    """Write a table into `folder`, read it with `ingest`, and return the comparison."""
    file = write(table)
    csv, parquet = folder / "t.csv", folder / "t.parquet"
    csv.write_bytes(file.data)
    try:
        profile = ingest(
            csv, table="t", source_path="t.csv", config=config, parquet=parquet, profile=folder / "profile.json"
        )
    except TableError as error:
        return Outcome(table, file, "refused", (Difference("refused", "file", str(error), True),), ())
    except CRASHES as error:
        return Outcome(table, file, "silent", (Difference("crash", "file", repr(error), False),), ())
    read = pq.read_table(parquet)
    differences = tuple(_Comparison(table, file, profile, read.to_pydict()).differences())
    status: Status = "right"
    if any(not difference.reported for difference in differences):
        status = "silent"
    elif any(difference.kind == "left as text" for difference in differences):
        status = "text"
    elif differences:
        status = "reported"
    return Outcome(table, file, status, differences, profile.warnings)


class _Comparison:
    def __init__(self, table: WrittenTable, file: WrittenFile, profile: TableProfile, read: dict[str, list[Any]]):
        self.table, self.file, self.profile, self.read = table, file, profile, read
        # A warning says that the reader took the first row for data, or for names although it contains values.
        self.header_doubted = any(HEADER.match(warning) for warning in profile.warnings)
        self.named = warned_lines(profile.warnings) | {repair.line for repair in profile.repairs}
        self.counted = [
            (int(found[3]), int(found[1]) - found[2].count(",") - 1)
            for found in map(COUNTED.match, profile.warnings)
            if found
        ]
        self.lines = {place.row: place.line for place in file.places if place.role == "row"}

    def differences(self) -> list[Difference]:
        found = self._line_differences()
        wanted = [
            column.header if self.table.layout.header else f"column_{place}"
            for place, column in enumerate(self.table.columns, start=1)
        ]
        got = list(self.read)
        if len(got) != len(wanted):
            reported = any(re.search(r"column[_ ]\d+", warning) for warning in self.profile.warnings)
            return [*found, Difference("columns", "header", f"{wanted} became {got}", reported)]
        for name, other in zip(wanted, got, strict=True):
            if name != other.strip():
                reported = (
                    self._is_encoding_guessed()
                    or self.header_doubted
                    or any("header" in w and repr(other) in w for w in self.profile.warnings)
                )
                found.append(Difference("header", "header", f"{name!r} became {other!r}", reported))
        if (
            not self.table.layout.header
            and not self.header_doubted
            and not any("no header" in warning for warning in self.profile.warnings)
        ):
            found.append(Difference("header", "header", "columns were named, not reported", False))
        return found + self._value_differences(got)

    def _is_encoding_guessed(self) -> bool:
        return any("a guess" in warning for warning in self.profile.warnings)

    def _line_differences(self) -> list[Difference]:
        """Return a difference for each line that is not a row and that no warning names by number or by text."""
        warnings = "\n".join(self.profile.warnings)
        return [
            Difference("line", f"line {place.line}", f"{place.text!r}: not reported", False)
            for place in self.file.places
            if place.role == "extra" and place.text.strip(" ,;|~^\t\"'") and not self._is_line_reported(place, warnings)
        ]

    def _is_line_reported(self, place: Place, warnings: str) -> bool:
        if place.text == "\x1a":
            return re.search(r"ctrl-z|1a", warnings, re.IGNORECASE) is not None
        if self.header_doubted and any(
            other.role == "header" and other.text == place.text for other in self.file.places
        ):
            return True  # the repeated header of a file that is reported to have none
        if len(self.read) != len(self.table.columns) and place.text in self.read:
            return True  # it became a header, which is reported as a difference of kind `columns`
        return place.line in self.named or place.text.strip(" ,;|~^\t\"'") in warnings or repr(place.text) in warnings

    def _value_differences(self, names: list[str]) -> list[Difference]:
        columns = self.table.columns
        got = [self.read[name] for name in names]
        truth = [_expected_values(column, cells) for column, cells in zip(columns, got, strict=True)]
        found = [d for place in range(len(columns)) for d in self._column_differences(place, names[place], got[place])]
        written, read = list(zip(*truth, strict=True)), list(zip(*got, strict=True))
        if len(written) == len(read) and all(is_same_row(a, b) for a, b in zip(written, read, strict=True)):
            return found
        pairs, lost, added = align_rows(written, read)
        headerless = any("no header" in warning for warning in self.profile.warnings)
        if headerless and self.table.layout.header and len(read) == len(written) + 1:
            pairs, lost, added = [(row, row + 1) for row in range(len(written))], [], [0]
        for row in lost:
            line = self.lines[row]
            reported = line in self.named or self._is_within_count(line, [self.lines[other] for other in lost])
            found.append(Difference("row", f"line {line}", "the row is not there", reported))
        extra = self.header_doubted or any(
            place.line in self.named for place in self.file.places if place.role == "extra"
        )
        found += [Difference("row", f"row {row + 1} read", f"{read[row]} was not written", extra) for row in added]
        for place, column in enumerate(columns):
            cells = [(a, written[a][place], read[b][place]) for a, b in pairs]
            found += self._cell_differences(
                column, names[place], [cell for cell in cells if not is_same(cell[1], cell[2])]
            )
        return found

    def _is_within_count(self, line: int, lost: Sequence[int]) -> bool:
        """Return whether a warning counts a lost line without naming it.

        The line must come after the last named line, and the warning must count at least as many lines as were lost.
        """
        return any(line > last and sum(other > last for other in lost) <= more for last, more in self.counted)

    def _column_differences(self, place: int, name: str, got: list[Any]) -> list[Difference]:
        """Return the differences of a whole column: its type, its unit, and months that became days."""
        column, warnings = self.table.columns[place], self._warnings(name)
        if ", some with U+" in column.convention:
            character = column.convention[-6:]
            # Missing cells or removed rows may have been the only ones with the character.
            written = any(chr(int(character[2:], 16)) in text for text in column.cells.texts)
            if written and not any(character in warning for warning in self.profile.warnings):
                return [Difference("invisible", name, f"{column.convention}: not reported", False)]
        if _is_left_as_text(column, got):
            reported = AS_TEXT.search(warnings) is not None or self._is_encoding_guessed()
            return [Difference("left as text", name, column.convention, reported)]
        found: list[Difference] = []
        if column.kind == "number":
            units = self.table.layout.units
            unit = column.unit if not units or not units[place] else units[place]
            in_cells = column.unit and any(column.unit in text for text in column.cells.texts)
            unit = unit if self.table.layout.header or in_cells else None
            read = self.profile.columns[place].unit
            if unit != read and any(value is not None for value in got):
                found.append(
                    Difference("unit", name, f"{unit!r} became {read!r}", f"{read!r} taken from the header" in warnings)
                )
        if column.kind == "date" and "d" not in column.convention and "month" not in warnings:
            found.append(Difference("month", name, f"{column.convention} became days, not reported", False))
        return found

    def _cell_differences(
        self, column: WrittenColumn, name: str, wrong: list[tuple[int, object, object]]
    ) -> list[Difference]:
        warnings = self._warnings(name)
        found: dict[tuple[str, bool], Difference] = {}
        for row, value, got in wrong:
            reported = self.lines[row] in self.named or self._is_reported(
                column, warnings, value, got, column.cells.texts[row]
            )
            kind = "value" if value is not None and got is not None else "missing"
            what = f"{column.cells.texts[row]!r} ({column.convention}) became {got!r}"
            found.setdefault((kind, reported), Difference(kind, f"{name}, line {self.lines[row]}", what, reported))
        return list(found.values())

    def _is_reported(self, column: WrittenColumn, warnings: str, value: object, got: object, text: str) -> bool:
        if repr(value) == "(no such value)":
            return NO_VALUE.search(warnings) is not None and repr(text) in warnings
        if value is None:
            return f"{text!r} kept" in warnings or f"{got!r} begins with a quote" in warnings
        if isinstance(got, str) and repr(got) in warnings:
            return True
        if got is None:
            return f"{text!r} taken as missing" in warnings
        if column.kind == "number" and isinstance(got, int | float):
            return MARKS.search(warnings) is not None
        if isinstance(value, datetime) and isinstance(got, datetime):
            if (value.year - got.year) % 100 == 0 and value.replace(year=2000) == got.replace(year=2000):
                return CENTURY.search(warnings) is not None
            return ORDER.search(warnings) is not None
        if isinstance(value, str) and isinstance(got, str) and self.table.dialect.encoding.startswith("cp"):
            return self._is_encoding_guessed()
        return READ_AS.search(warnings) is not None

    def _warnings(self, name: str) -> str:
        return "\n".join(w for w in self.profile.warnings if w.startswith("column") and repr(name) in w)


def warned_lines(warnings: Sequence[str]) -> frozenset[int]:
    """Return the lines that warnings name: "line 3", "lines 4, 5", "lines 3-5"."""
    found: set[int] = set()
    for match in (m for warning in warnings for m in LINES.finditer(warning)):
        for piece in re.findall(r"\d+(?:-\d+)?", match[1]):
            first, _, last = piece.partition("-")
            found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)


def _is_left_as_text(column: WrittenColumn, got: list[Any]) -> bool:
    return column.kind in ("number", "date", "boolean") and any(isinstance(cell, str) for cell in got)


def _expected_values(column: WrittenColumn, got: list[Any]) -> list[object]:
    """Return the values to compare with. For a column that was left as text these are the cells themselves."""
    if not _is_left_as_text(column, got):
        return list(column.cells.values)
    kept = {cell for cell in got if isinstance(cell, str)}
    pairs = zip(column.cells.texts, column.cells.values, strict=True)
    return [None if value is None and text not in kept else text for text, value in pairs]
