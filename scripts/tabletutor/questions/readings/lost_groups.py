"""The reading of "for each group" that lists the groups of which a condition leaves no row."""

from collections.abc import Callable, Iterator
from typing import Any

from tabletutor.programs.grammar import (
    Bin,
    DatePart,
    Derivation,
    Filter,
    Group,
    GroupMapping,
    NoAnswer,
    Period,
    Pivot,
    Program,
)
from tabletutor.questions.readings.counting import NO_EMPTY_CELLS
from tabletutor.questions.readings.reading import Reading, Steps
from tabletutor.questions.totals import total_steps
from tabletutor.records.table import TableProfile

NO_EMPTY_GROUPS = ("Leave out groups without such rows.", "Groups without such rows are left out.")
Run = Callable[[Program], Any]


def lost_groups(program: Program, profile: TableProfile, run: Run) -> Iterator[Reading]:
    """Yield the reading that lists groups without rows too, if the conditions of a mapping or a table empty a group.

    `run` computes a program. No program answers this reading, so the program is the question's own.
    """
    for place, step in enumerate(program.steps):
        before, rest = program.steps[:place], program.steps[place + 1 :]
        match step:
            case Group(by=by) if any(isinstance(following, GroupMapping) for following in rest):
                if has_lost_groups(before, by, profile, run):
                    yield Reading("empty_group", program, NO_EMPTY_GROUPS, by, differs=True)
            case Pivot(by=by, across=across):
                lost = any(has_lost_groups(before, name, profile, run) for name in (by, across))
                if lost or _has_empty_cells(Program((*before, Pivot(by, across, "count"))), run):
                    yield Reading("empty_group", program, NO_EMPTY_CELLS, by, differs=True)
            case _:
                pass


def _has_empty_cells(table: Program, run: Run) -> bool:
    """Return whether a table of counts lacks a combination of a row and a column."""
    try:
        rows: dict[str, dict[str, int]] = run(table)
    except NoAnswer:
        return False
    return any(len(row) < len({name for other in rows.values() for name in other}) for row in rows.values())


def has_lost_groups(before: Steps, by: str, profile: TableProfile, run: Run) -> bool:
    """Return whether the conditions before a grouping leave no row of some group.

    A condition on the column itself, or on the one that it is computed from, says so. So do conditions that leave out
    total rows.
    """
    own = {by, *(step.column for step in before if isinstance(step, Bin | DatePart | Period) and step.name == by)}
    totals = total_steps(profile)
    kept = tuple(
        step
        for step in before
        if isinstance(step, Derivation) or step in totals or getattr(step, "column", None) in own
    )
    if not any(isinstance(step, Filter) and step not in kept for step in before):
        return False
    try:
        sizes: list[dict[str, int]] = [
            run(Program((*steps, Group(by, "count"), GroupMapping()))) for steps in (kept, before)
        ]
    except NoAnswer:
        return False
    return len(sizes[1]) < len(sizes[0])
