"""Readings of conditions: bounds in or out, days of a time, the case of text, whole words, and total rows."""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from tabletutor.programs.answers import to_iso
from tabletutor.programs.grammar import Bin, Comparison, Contains, Count, OneOf, Program, Share, Step, Where, all_steps
from tabletutor.questions.readings.reading import (
    Reading,
    Steps,
    Table,
    change_chains,
    change_steps,
    join_chains,
    put_first,
    split_end,
)
from tabletutor.questions.totals import leave_out, total_steps, total_words, totals_within

INCLUSIVE: dict[Comparison, Comparison] = {">": ">=", "<": "<="}
STRICT: dict[Comparison, Comparison] = {">=": ">", "<=": "<"}
BOTH_IN = ("Include both bounds.", "Both bounds count as inside.", "The bounds themselves are included.")
BOTH_OUT = ("Leave out the bounds themselves.", "The bounds themselves are not included.")
LOWER_IN = ("Include the lower bound, but not the upper one.",)
UPPER_IN = ("Include the upper bound, but not the lower one.",)
MIDNIGHT = ("A date without a time means its midnight.", "Take a date without a time as midnight.")
UPPER_BIN = ("A value on an edge belongs to the higher bin.", "Put a value that equals an edge into the higher bin.")
CASE = ("Upper and lower case matter.", "Match upper and lower case exactly.")
WHOLE_WORDS = ("Match whole words only.", "Parts of longer words do not count.")
PARTS_OF_WORDS = ("Parts of words count too.", "It may also be part of a longer word.")


def range_bounds(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading of "between" with the bounds in, or out if ours are in.

    One bound alone ("more than", "at least", "after") has no other reading.
    """
    ranges = [pair for steps in (program.steps, program.other) for pair in _ranges(steps)]
    if not ranges:
        return
    bounds = [bound for pair in ranges for bound in pair]
    comparisons = {bound.comparison for bound in bounds}
    strict = comparisons <= {">=", "<="}
    swap = STRICT if strict else INCLUSIVE

    def change(step: Step) -> Step:
        if isinstance(step, Where) and step in bounds:
            return replace(step, comparison=swap.get(step.comparison, step.comparison))
        return step

    if changed := change_steps(program, change):
        clause = (
            BOTH_IN
            if strict
            else BOTH_OUT
            if comparisons <= {">", "<"}
            else LOWER_IN
            if ">=" in comparisons
            else UPPER_IN
        )
        yield Reading("strict_bound" if strict else "inclusive_bound", changed, clause)


def _ranges(steps: Steps) -> Iterator[tuple[Where, Where]]:
    """Yield the pairs of conditions that bound one column from both sides."""
    conditions = [step for step in steps if isinstance(step, Where)]
    for low in conditions:
        for high in conditions:
            if low.column == high.column and low.comparison in (">", ">=") and high.comparison in ("<", "<="):
                yield low, high


def whole_day(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading where a date stands for its whole day, in a column of dates with times."""

    def change(steps: Steps) -> Steps:
        return tuple(new for step in steps for new in _by_day(step, table))

    if changed := change_chains(program, change):
        yield Reading("whole_day", changed, MIDNIGHT)


def _by_day(step: Step, table: Table) -> Sequence[Step]:
    if not isinstance(step, Where) or not isinstance(step.value, str):
        return (step,)
    column = table.column(step.column)
    if column is None or column.kind != "datetime" or len(step.value) > len("2012-01-31"):
        return (step,)
    next_day = to_iso(datetime.fromisoformat(step.value) + timedelta(days=1))
    match step.comparison:
        case ">":
            return (replace(step, comparison=">=", value=next_day),)
        case "<=":
            return (replace(step, comparison="<", value=next_day),)
        case "==":
            return (replace(step, comparison=">="), replace(step, comparison="<", value=next_day))
        case _:
            return (step,)


def lower_bin(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading where a value on the edge of two bins belongs to the lower one."""

    def change(step: Step) -> Step:
        if not isinstance(step, Bin):
            return step
        # A value is above an edge if it is at least the next number after it.
        whole = table.is_integer(step.column) and all(float(edge).is_integer() for edge in step.edges)
        edges = tuple(int(edge) + 1 if whole else math.nextafter(edge, math.inf) for edge in step.edges)
        return replace(step, edges=edges)

    if changed := change_steps(program, change):
        yield Reading("lower_bin", changed, UPPER_BIN)


def case_ignored(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading where upper and lower case are the same."""

    def change(step: Step) -> Step:
        match step:
            case Where(comparison="==" | "!=", value=str()) if table.is_text(step.column):
                return replace(step, ignore_case=True)
            case OneOf() | Contains() if table.is_text(step.column):
                return replace(step, ignore_case=True)
            case _:
                return step

    changed = change_steps(program, change)
    if (end := split_end(program)) and isinstance(share := end[1], Share) and table.is_text(share.column):
        before = tuple(change(step) for step in end[0])
        rows = change(Where(share.column, share.comparison, share.value))
        changed = join_chains((*before, rows, Count()), "percent", (*before, Count()), end[2])
    if changed:
        yield Reading("case_ignored", changed, CASE)


def whole_word(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading where a text is found only as a whole word, or also in longer words if ours is a whole one."""
    whole = {step.whole_word for step in all_steps(program) if isinstance(step, Contains)}

    def change(step: Step) -> Step:
        return replace(step, whole_word=not step.whole_word) if isinstance(step, Contains) else step

    if len(whole) == 1 and (changed := change_steps(program, change)):
        yield (
            Reading("part_of_word", changed, WHOLE_WORDS)
            if True in whole
            else Reading("whole_word", changed, PARTS_OF_WORDS)
        )


def total_rows(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading without the rows that are totals; or with them, if the program leaves them out."""
    totals = total_steps(table.profile)
    if dropped := list(dict.fromkeys(totals[step] for step in all_steps(program) if step in totals)):
        changed = change_chains(program, lambda steps: tuple(step for step in steps if step not in totals))
        if changed:
            where = total_words(dropped, table.say)
            clause = (
                f"Leave out the total rows, where {where}.",
                f"Ignore the totals, where {where}.",
            )
            yield Reading("totals_included", changed, clause, dropped[0].column)
        return
    free = [total for total in totals_within(all_steps(program), table.profile) if table.is_text(total.column)]
    if free:
        steps = tuple(leave_out(total, or_missing=True) for total in free)
        where = total_words(free, table.say)
        clause = (f"Include the rows where {where}.", f"Rows where {where} count too.")
        yield Reading("totals_left_out", put_first(program, steps), clause, free[0].column)
