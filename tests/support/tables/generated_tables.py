"""Run generated tables through the reader, count the results, and describe failing cases."""

import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from loguru import logger

from tabletutor.config.tables import TablesConfig
from tests.support.tables.readback import Outcome, Status, read_back
from tests.support.tables.smallest_table import smallest
from tests.support.tables.table_writer import generate

CONFIG = TablesConfig(min_rows=1)
MAX_REPORTED = 12


@dataclass
class Run:
    """The number of cases by status, the reasons of refusals and text columns, and the silently wrong cases."""

    counts: Counter[Status] = field(default_factory=Counter[Status])
    left: Counter[str] = field(default_factory=Counter[str])
    silent: dict[int, Outcome] = field(default_factory=dict[int, Outcome])

    def add(self, number: int, outcome: Outcome) -> None:
        self.counts[outcome.status] += 1
        if outcome.status == "silent":
            self.silent[number] = outcome
        gave_up = [d for d in outcome.differences if d.kind in ("refused", "left as text")]
        self.left.update(f"{d.kind}: {reason(d.what)}" for d in gave_up)

    def share(self, *statuses: Status) -> float:
        """Return the share of all cases with one of the statuses."""
        return sum(self.counts[status] for status in statuses) / max(1, self.counts.total())

    def summary(self) -> str:
        return ", ".join(f"{self.counts[status]} {status}" for status in sorted(self.counts))


def reason(what: str) -> str:
    """Return a message without its file name and figures, for counting."""
    return "".join("#" if letter.isdigit() else letter for letter in what.split(": ", 1)[-1])[:90]


def run(seed: int, numbers: Iterable[int]) -> Run:
    """Write and read back the cases `numbers` of the series `seed`."""
    done = Run()
    logger.disable("tabletutor")
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            done.add(number, read_back(generate(seed, number), Path(folder), CONFIG))
    return done


def failure_report(seed: int, number: int, outcome: Outcome) -> str:
    """Return a report on a minimal version of a failing case: differences, warnings and the bytes of the file."""
    with tempfile.TemporaryDirectory() as folder:
        small = smallest(outcome, Path(folder), CONFIG)
    return "\n".join(
        [
            f"--- case {number} of seed {seed} (python -m tests.benchmarks.intake --seed {seed} --case {number})",
            *map(str, small.differences),
            *(f"warned: {warning}" for warning in small.warnings),
            f"{small.table.dialect}",
            repr(small.file.data),
        ]
    )
