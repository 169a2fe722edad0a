"""Run the other readings of a question, and say by which clauses it has one reading."""

import random
from collections.abc import Callable, Collection, Iterable
from typing import Any

from tabletutor.programs.grammar import NoAnswer, Program
from tabletutor.questions.readings.reading import Reading
from tabletutor.records.question import CLAUSE
from tabletutor.records.record import Record

MAX_CLAUSES = 2  # a question with more of them is not one that people ask


class Settlement(Record, frozen=True):
    """The readings of a question that give another answer (`differs`), and the variants of each clause to add.

    With a `reason`, no clause can settle the question, and it must be rejected.
    """

    differs: tuple[str, ...] = ()
    clauses: tuple[tuple[str, ...], ...] = ()
    reason: str | None = None

    def tags(self) -> tuple[str, ...]:
        """Return the tags of a question to which the clauses were added, such as "clause:half_away"."""
        return tuple(f"{CLAUSE}{name}" for name in self.differs)

    def complete(self, text: str, source: random.Random) -> str:
        """Return the text of a question with one variant of each clause after it."""
        return " ".join((text, *(source.choice(variants) for variants in self.clauses)))


def settle(
    readings: Iterable[Reading],
    *,
    run: Callable[[Program], Any],
    matches: Callable[[Any], bool],
    settled: Collection[str] = (),
) -> Settlement:
    """Return which of the other readings give another answer, and how to rule them out.

    `run` returns the answer of a program or raises `NoAnswer`. `matches` says whether an answer is equal to the
    question's. `settled` names readings that the words rule out already. They are not run.

    A reading without an answer is none. But one with a tie is, because it refuses the answer that we give.
    """
    differs: dict[str, None] = {}
    clauses: dict[tuple[str, ...], None] = {}
    unsettled: dict[str, None] = {}
    for reading in readings:
        if reading.name in settled or reading.clause in clauses:
            continue
        if not reading.differs and _is_same(reading.program, run, matches):
            continue
        differs.setdefault(reading.name)
        if reading.clause:
            clauses.setdefault(reading.clause)
        else:
            unsettled.setdefault(reading.name)
    reason = None
    if unsettled:
        reason = f"no words rule out: {', '.join(unsettled)}"
    elif len(clauses) > MAX_CLAUSES:
        reason = f"needs {len(clauses)} clauses: {', '.join(differs)}"
    return Settlement(tuple(differs), tuple(clauses), reason)


def _is_same(program: Program, run: Callable[[Program], Any], matches: Callable[[Any], bool]) -> bool:
    try:
        return matches(run(program))
    except NoAnswer as refusal:
        return refusal.reason == "no_answer"
