"""Record what happens to the rows of a table: counts and lines of events, repairs, and the quarantine of rows."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

from tabletutor.records.table import Repair
from tabletutor.tables.errors import MAX_NAMED_LINES, TableError, format_lines
from tabletutor.tables.header import Line

NAMED_REPAIRS = 100
ALWAYS_ALLOWED = 3
QUARANTINE = "quarantine.csv"
REPEATED_HEADERS = f"rows that repeat the header are in {QUARANTINE}"
_ASIDE = "quarantined: "
Event = tuple[int | None, str]  # the index of the column, None for an event about rows, and its text


@dataclass(frozen=True)
class RepairRules:
    """Limits on broken rows.

    `max_share`: the largest share of rows that may be repaired or quarantined; three always may. `refuse`: raise an
    error at the first such row.
    """

    max_share: float = 0.01
    refuse: bool = False


@dataclass
class Journal:
    """Records what happened to rows: counts and first lines by event, repairs, and the quarantine file."""

    source: str
    rules: RepairRules
    quarantine: Path
    counts: dict[Event, int] = field(default_factory=dict[Event, int])
    lines: dict[Event, list[int]] = field(default_factory=dict[Event, list[int]])
    repairs: list[Repair] = field(default_factory=list[Repair])
    repaired: int = 0
    quarantined: int = 0

    def __post_init__(self) -> None:
        self._write([["line", "reason", "text"]], "w")

    def add(self, what: str, line: int, column: int | None = None) -> None:
        """Count an event on a line."""
        event = (column, what)
        self.counts[event] = self.counts.get(event, 0) + 1
        if len(self.lines.setdefault(event, [])) < MAX_NAMED_LINES:
            self.lines[event].append(line)

    def record_repair(self, line: Line, what: str) -> None:
        """Record a repaired row."""
        self._record(line, what)
        self.repaired += 1
        self.add(f"rows repaired ({what})", line.number)

    def record_quarantine(self, line: Line, reason: str) -> None:
        """Record a row that could not be repaired and write it to the quarantine file."""
        self._record(line, reason, _ASIDE)
        self.quarantined += 1
        self._write([[str(line.number), reason, line.bare]], "a")

    def record_repeated_header(self, line: Line, equal: int, filled: int) -> None:
        """Record a row that repeats the header: `equal` of its `filled` cells are the names of their columns."""
        self.record_quarantine(
            line, f"repeats the header: {equal} of its {filled} cells are the names of their columns"
        )
        self.add(REPEATED_HEADERS, line.number)

    def _record(self, line: Line, what: str, prefix: str = "") -> None:
        if self.rules.refuse:
            remedy = "Fix the row, or set tables.on_broken_row: repair."
            raise TableError(self.source, what, remedy, line.number)
        if len(self.repairs) < NAMED_REPAIRS:
            self.repairs.append(Repair(line.number, prefix + what))

    def _write(self, rows: list[list[str]], mode: str) -> None:
        with self.quarantine.open(mode, encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(rows)

    def refuse_if_too_broken(self, rows: int) -> None:
        """Raise TableError if too many rows were repaired or quarantined. `rows`: rows in the table."""
        odd = self.repaired + self.quarantined
        if odd <= max(ALWAYS_ALLOWED, self.rules.max_share * (rows + self.quarantined)):
            return
        first = min(self.repairs, key=lambda repair: repair.line)
        raise TableError(
            self.source,
            f"{odd} of {rows + self.quarantined} rows do not fit the table, more than tables.max_repaired_share "
            f"({self.rules.max_share:g}) allows; here: {first.what.removeprefix(_ASIDE)}",
            "Fix the file, or raise tables.max_repaired_share.",
            first.line,
        )

    def warnings(self) -> tuple[str, ...]:
        """Return one warning for each kind of event that is not about the cells of a column."""
        warnings = [self._describe(event) for event in self.counts if event[0] is None]
        unfit = self.quarantined - self.counts.get((None, REPEATED_HEADERS), 0)
        if unfit:
            warnings.append(f"{unfit} rows could not be repaired and are in {QUARANTINE}")
        return tuple(warnings)

    def column_warnings(self) -> dict[int, str]:
        """Return the warning about the cells of a column, by the index of the column."""
        return {event[0]: self._describe(event) for event in self.counts if event[0] is not None}

    def _describe(self, event: Event) -> str:
        return f"{self.counts[event]} {event[1]} {format_lines(self.lines[event], self.counts[event])}"
