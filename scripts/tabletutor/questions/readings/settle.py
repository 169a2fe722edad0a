"""Run the other readings of a question, and say by which clauses it has one reading."""

import random
from collections.abc import Callable, Collection
from typing import Any

from tabletutor.programs.grammar import NoAnswer, Program
from tabletutor.questions.readings.registry import other_readings
from tabletutor.questions.wording import column_words
from tabletutor.records.record import Record
from tabletutor.records.table import TableProfile

MAX_CLAUSES = 2  # a question with more of them is not one that people ask


class Settlement(Record, frozen=True):
    """The readings of a question that give another answer (`differs`), and the variants of each clause to add.

    `reason` says why no clause can settle the question; then it is to be rejected.
    """

    differs: tuple[str, ...] = ()
    clauses: tuple[tuple[str, ...], ...] = ()
    reason: str | None = None

    def tags(self) -> tuple[str, ...]:
        """Return the tags of a question to which the clauses were added, such as "clause:half_away"."""
        return tuple(f"clause:{name}" for name in self.differs)

    def complete(self, text: str, source: random.Random) -> str:
        """Return the text of a question with one variant of each clause after it."""
        return " ".join((text, *(source.choice(variants) for variants in self.clauses)))


def settle(
    program: Program,
    profile: TableProfile,
    *,
    run: Callable[[Program], Any],
    matches: Callable[[Any], bool],
    settled: Collection[str] = (),
    say: Callable[[str], str] = column_words,
) -> Settlement:
    """Return which readings give another answer than the program's, and how to rule them out.

    `run` returns the answer of a program or raises `NoAnswer`. `matches` says whether an answer is equal to the
    question's. `settled` names readings that the words rule out already; they are not run. `say` returns what the
    question calls a column.

    A reading without any answer is none; but one with a tie is, because it refuses the answer that we give.
    """
    differs: dict[str, None] = {}
    clauses: dict[tuple[str, ...], None] = {}
    open_names: dict[str, None] = {}
    for reading in other_readings(program, profile, say):
        if reading.name in settled or reading.clause in clauses or _is_same(reading.program, run, matches):
            continue
        differs.setdefault(reading.name)
        if reading.clause:
            clauses.setdefault(reading.clause)
        else:
            open_names.setdefault(reading.name)
    reason = None
    if open_names:
        reason = f"no words rule out: {', '.join(open_names)}"
    elif len(clauses) > MAX_CLAUSES:
        reason = f"needs {len(clauses)} clauses: {', '.join(differs)}"
    return Settlement(tuple(differs), tuple(clauses), reason)


def _is_same(program: Program, run: Callable[[Program], Any], matches: Callable[[Any], bool]) -> bool:
    try:
        return matches(run(program))
    except NoAnswer as refusal:
        return refusal.reason == "no_answer"
