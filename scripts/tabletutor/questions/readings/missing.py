"""Readings of missing values: in a share, in "other than", in counts, as a group, and as 0."""

from collections.abc import Iterator

from msgspec.structs import replace

from tabletutor.programs.grammar import (
    Aggregate,
    Condition,
    Count,
    Filter,
    Group,
    Impute,
    Missing,
    Pivot,
    Program,
    Round,
    Share,
    Step,
    Where,
    all_steps,
)
from tabletutor.questions.readings.reading import (
    Reading,
    Steps,
    Table,
    change_chains,
    change_steps,
    free_name,
    join_chains,
    split_end,
)

ALL_ROWS = (
    "Count rows without a value in the total.",
    "Base the share on all rows, also those without a value.",
    "Rows without a value count in the total too.",
)
KNOWN_VALUES = ("Count only rows with a value.", "Leave out rows without a value.")
KNOWN_DISTINCT = ("Do not count missing values.", "A missing value does not count as a value.")
KNOWN_MEAN = ("Ignore missing values.", "Leave out missing values.", "Use only the known values.")


def missing_not_counted(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading of a share among the rows with a value only."""

    def change(steps: Steps) -> Steps:
        if not steps or not isinstance(share := _last(steps), Share) or not table.may_miss(share.column):
            return steps
        place = steps.index(share)
        return (*steps[:place], Missing(share.column, negated=True), *steps[place:])

    if changed := change_chains(program, change) or _known_denominator(program, table):
        clauses = ALL_ROWS
        shares = [step.column for step in all_steps(program) if isinstance(step, Share)]
        if any(isinstance(step, Filter) for step in (all_steps(program) if shares else program.other)):
            # "all rows" could undo the condition
            column = shares[0] if shares else getattr(program.steps[-2], "column", "")
            lacking = f"those without a value for {table.say(column)}"
            clauses = (
                f"Base the share on all these rows, also {lacking}.",
                f"Of these rows, {lacking} count in the total too.",
            )
        yield Reading("missing_not_counted", changed, clauses)


def _known_denominator(program: Program, table: Table) -> Program | None:
    """Return a percentage of rows that meet a condition among those with a value in its column."""
    if program.join is None or program.join.operator not in ("percent", "ratio"):
        return None
    match program.steps, program.other:
        case (*before, condition, Count()), (*whole, Count()) if before == whole and isinstance(condition, Condition):
            column = getattr(condition, "column", None)
            if column is None or isinstance(condition, Missing) or not table.may_miss(column):
                return None
            return replace(program, other=(*whole, Missing(column, negated=True), Count()))
        case _:
            return None


def missing_counted(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading of "other than" that keeps the rows without a value."""

    def is_open(step: Step) -> bool:
        return isinstance(step, Where | Share) and step.comparison == "!=" and table.may_miss(step.column)

    column = next((step.column for step in all_steps(program) if isinstance(step, Where | Share) and is_open(step)), "")
    clause = (
        f"Leave out rows without {table.say(column)}.",
        f"Do not count rows where {table.say(column)} is missing.",
    )
    changed = change_steps(
        program, lambda step: replace(step, or_missing=True) if isinstance(step, Where) and is_open(step) else step
    )
    if changed is None and (end := split_end(program)) and isinstance(share := end[1], Share) and is_open(share):
        rows = Where(share.column, share.comparison, share.value, or_missing=True)
        changed = join_chains((*end[0], rows, Count()), "percent", (*end[0], Count()), end[2])
    if changed:
        yield Reading("missing_counted", changed, clause, column)


def rows_counted(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading of a count of values that counts the rows."""

    def change(step: Step) -> Step:
        match step:
            case Aggregate(aggregation="count") if table.may_miss(step.column):
                return Count()
            case Group(aggregation="count", column=str(column)) if table.may_miss(column):
                return replace(step, column=None)
            case Pivot(aggregation="count", column=str(column)) if table.may_miss(column):
                return replace(step, column=None)
            case _:
                return step

    if changed := change_steps(program, change):
        yield Reading("rows_counted", changed, KNOWN_VALUES)


def missing_as_value(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading of "how many different values" that counts "missing" as one more."""

    def change(step: Step) -> Step:
        if (
            isinstance(step, Aggregate | Group | Pivot)
            and step.aggregation == "nunique"
            and table.may_miss(step.column or "")
        ):
            return replace(step, aggregation="nunique_with_missing")
        return step

    if changed := change_steps(program, change):
        yield Reading("missing_as_value", changed, KNOWN_DISTINCT)


def missing_as_group(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading where rows without a group form one more group."""

    def is_open(step: Step) -> bool:
        return isinstance(step, Group) and table.column(step.by) is not None and table.may_miss(step.by)

    def change(step: Step) -> Step:
        return replace(step, with_missing=True) if isinstance(step, Group) and is_open(step) else step

    if changed := change_steps(program, change):
        column = next(step.by for step in all_steps(program) if isinstance(step, Group) and is_open(step))
        by = table.say(column)
        clause = (f"Leave out rows without {by}.", f"Ignore rows where {by} is missing.")
        yield Reading("missing_as_group", changed, clause, column)


def missing_as_zero(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading of a mean or median of amounts where a missing amount is 0."""

    def change(steps: Steps) -> Steps:
        for place, step in enumerate(steps):
            if isinstance(step, Aggregate | Group | Pivot) and step.aggregation in ("mean", "median"):
                column = table.column(step.column or "")
                if column is not None and column.missing and column.role == "additive":
                    name = free_name(program, table, f"{column.name} or 0")
                    filled = replace(step, column=name)
                    return (*steps[:place], Impute(column.name, "zero", name), filled, *steps[place + 1 :])
        return steps

    if changed := change_chains(program, change):
        yield Reading("missing_as_zero", changed, KNOWN_MEAN)


def _last(steps: Steps) -> Step:
    """Return the step that gives the answer of a chain."""
    return next((step for step in reversed(steps) if not isinstance(step, Round)), steps[-1])
