"""Progress of a long job: a live bar on a terminal, otherwise a log line every 15 seconds."""

import sys
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from loguru import logger
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from tabletutor.telemetry.terminal import escape_controls

T = TypeVar("T")
LINE_SECONDS = 15.0


class Progress:
    """Count finished units and display them. Reads the clock, so no result may depend on it."""

    def __init__(self, description: str, total: int, bar: RichProgress | None) -> None:
        self._description = escape_controls(description)
        self._total = total
        self._done = 0
        self._initial = 0
        self._start = self._last_line = time.monotonic()
        self._bar = bar
        self._task = bar.add_task(self._description, total=total, note="") if bar else None

    def expect(self, total: int) -> None:
        """Set the number of units when it was not known at the start."""
        self._total = total
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, total=total)

    def skip(self, units: int) -> None:
        """Count units that an earlier job finished. They do not affect the estimate of the time left."""
        self._initial += units
        self.advance(units)

    def advance(self, units: int = 1, note: str = "") -> None:
        """Count finished units. `note` is a short figure to display beside them, such as a loss."""
        self._done += units
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self._done, note=escape_controls(note))
            return
        now = time.monotonic()
        if now - self._last_line >= LINE_SECONDS or self._done == self._total:
            self._last_line = now
            self._line(now, note)

    def _line(self, now: float, note: str) -> None:
        fresh = self._done - self._initial
        left = (now - self._start) / fresh * (self._total - self._done) if fresh > 0 else None
        estimate = "" if left is None or self._done == self._total else f", {_clock(left)} left"
        text = f"{self._description} {self._done}/{self._total}, {_clock(now - self._start)} so far{estimate}"
        logger.info("{}", text + (f", {note}" if note else ""))


@contextmanager
def progress_of(description: str, total: int) -> Generator[Progress]:
    """Display the progress of `total` units while the block runs. For work that is not a plain loop."""
    if not sys.stderr.isatty():
        yield Progress(description, total, None)
        return
    columns = (
        TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TimeRemainingColumn(), TextColumn("{task.fields[note]}", markup=False),
    )  # fmt: skip
    with RichProgress(*columns, console=Console(stderr=True)) as bar:
        yield Progress(description, total, bar)


def progress(items: Iterable[T], total: int, description: str) -> Iterator[T]:
    """Yield the items and display the progress of the loop."""
    with progress_of(description, total) as bar:
        for item in items:
            yield item
            bar.advance()


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return (
        f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
        if whole >= 3600
        else f"{whole // 60}:{whole % 60:02d}"
    )
