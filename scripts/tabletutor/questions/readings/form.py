"""Readings of the form of the answer: percent or fraction, growth, the order of a difference, rounding."""

from collections.abc import Iterator

from msgspec.structs import replace

from tabletutor.programs.grammar import (
    Along,
    BestValue,
    Count,
    Group,
    GroupShare,
    GroupStatistic,
    Join,
    Missing,
    MissingShare,
    Program,
    Round,
    Running,
    Share,
    Step,
    Where,
    all_steps,
)
from tabletutor.questions.readings.reading import Reading, Table, change_steps, join_chains, split_end

PERCENT = ("Give the answer in percent.", "Answer in percent.")
PERCENT_CHANGE = ("Measure the change in percent.", "The change is meant in percent.")
ABSOLUTE_CHANGE = (
    "Measure the change as a difference, not in percent.",
    "The change is meant as a difference, not in percent.",
)
IN_ORDER = ("Subtract the second value from the first.", "Take the first value minus the second.")
HALF_EVEN = ("Round halves to the even digit.", "A half is rounded to the even digit.")


def fraction(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading of a percentage as a fraction of 1.

    There is none for shares of all groups and for percent changes: their words always say "percent".
    """
    if program.join is not None and program.join.operator == "percent":
        yield Reading("fraction", replace(program, join=Join("ratio")), PERCENT)
    if not (end := split_end(program)):
        return
    before, last, rounds = end
    match last:
        case Share():
            rows = Where(last.column, last.comparison, last.value)
            other = join_chains((*before, rows, Count()), "ratio", (*before, Count()), rounds)
        case MissingShare():
            other = join_chains((*before, Missing(last.column), Count()), "ratio", (*before, Count()), rounds)
        case GroupShare():
            largest, total = BestValue("largest"), GroupStatistic("sum")
            other = join_chains((*before, largest), "ratio", (*before, total), rounds)
        case _:
            return
    yield Reading("fraction", other, PERCENT)


def other_change(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading of a growth as a difference, or of a change in percent. Changes that form groups have none."""
    groups = {step.by for step in all_steps(program) if isinstance(step, Group)}
    if any(isinstance(step, Running) and step.name in groups for step in all_steps(program)):
        return
    operations = {step.operation for step in all_steps(program) if isinstance(step, Along | Running)}

    def change(step: Step) -> Step:
        if isinstance(step, Along | Running) and step.operation in ("change", "percent_change"):
            return replace(step, operation="change" if step.operation == "percent_change" else "percent_change")
        return step

    if changed := change_steps(program, change):
        relative = "percent_change" in operations
        name = "absolute_change" if relative else "percent_change"
        yield Reading(name, changed, PERCENT_CHANGE if relative else ABSOLUTE_CHANGE)


def swapped_difference(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading of a difference with its two numbers in the other order."""
    if program.join is not None and program.join.operator == "difference" and program.steps != program.other:
        yield Reading("swapped_difference", replace(program, steps=program.other, other=program.steps), IN_ORDER)


def half_away(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading where a half is rounded away from 0."""
    if changed := change_steps(program, lambda step: replace(step, half="away") if isinstance(step, Round) else step):
        yield Reading("half_away", changed, HALF_EVEN)
