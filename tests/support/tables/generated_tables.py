"""A run of generated tables through the reader: what came of each, and how a failing one is shown."""

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
SHOWN = 12


@dataclass
class Run:
    """The cases of a run, counted by what came of them, and those that were silently wrong."""

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
        """The share of all cases that came out so."""
        return sum(self.counts[status] for status in statuses) / max(1, self.counts.total())

    def summary(self) -> str:
        return ", ".join(f"{self.counts[status]} {status}" for status in sorted(self.counts))


def reason(what: str) -> str:
    """A message without the file it names and its figures, to count by."""
    return "".join("#" if letter.isdigit() else letter for letter in what.split(": ", 1)[-1])[:90]


def run(seed: int, numbers: Iterable[int]) -> Run:
    """Write and read back the cases `numbers` of the series `seed`."""
    done = Run()
    logger.disable("tabletutor")
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            done.add(number, read_back(generate(seed, number), Path(folder), CONFIG))
    return done


def shown(seed: int, number: int, outcome: Outcome) -> str:
    """A failing case made small: differences, warnings and the file, to be read and tried again."""
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
