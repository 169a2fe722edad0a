"""Readings of counts, ranks and orders: rows or entities, duplicates, equal ranks, empty cells, the order of rows."""

from collections.abc import Iterator

from msgspec.structs import replace

from tabletutor.programs.grammar import (
    Aggregate,
    Count,
    Edge,
    Group,
    Impute,
    Pivot,
    Program,
    RankWithin,
    Repeated,
    Running,
    Share,
    Sort,
    Step,
    Streak,
    Top,
    Where,
    all_steps,
)
from tabletutor.questions.readings.reading import (
    Reading,
    Steps,
    Table,
    change_chains,
    change_steps,
    join_chains,
    split_end,
)
from tabletutor.records.table import TEMPORAL

LATER_COPIES = ("Do not count the first of equal rows.", "The first of several equal rows is no duplicate.")
FIRST_COPIES = ("Keep the first of several equal rows.", "Of equal rows, the first one stays.")
SHARED_RANKS = (
    "Equal values share the best rank, and the ranks after them are skipped.",
    "Equal values share the better rank, as in 1, 2, 2, 4.",
)
NO_EMPTY_CELLS = ("Leave out combinations without rows.", "Combinations that do not occur are left out.")
TABLE_ORDER = ("Take the rows in the order of the table.", "Keep the order of the rows in the table.")


def distinct_entities(program: Program, table: Table) -> Iterator[Reading]:
    """Yield, for each column that names what rows are about and repeats, the reading that counts its distinct values.

    `column` says which: the reading is plausible only if the question counts "countries", not "rows".
    """
    fixed = {step.column for step in all_steps(program) if isinstance(step, Where) and step.comparison == "=="}
    for column in table.profile.columns:
        if column.role not in ("label", "identifier") or column.kind in ("number", "empty") or column.name in fixed:
            continue
        if column.unique >= table.profile.rows - column.missing:
            continue

        def change(step: Step, name: str = column.name) -> Step:
            if isinstance(step, Count):
                return Aggregate(name, "nunique")
            if isinstance(step, Group) and step.column is None and step.by != name:
                return replace(step, aggregation="nunique", column=name)
            return step

        changed = change_steps(program, change)
        if (end := split_end(program)) and isinstance(share := end[1], Share):
            total = Aggregate(column.name, "nunique")
            rows = Where(share.column, share.comparison, share.value)
            changed = join_chains((*end[0], rows, total), "percent", (*end[0], total), end[2])
        if changed:
            name = table.say(column.name)
            clause = (f"Count every row, even if its {name} repeats.", f"Rows with the same {name} count separately.")
            yield Reading("distinct_entities", changed, clause, column.name)


def every_copy(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading where all equal rows are duplicates, the first one too."""
    repeated = [step for step in all_steps(program) if isinstance(step, Repeated)]
    changed = change_steps(program, lambda step: replace(step, every=True) if isinstance(step, Repeated) else step)
    if changed:
        yield Reading("every_copy", changed, FIRST_COPIES if repeated[0].negated else LATER_COPIES)


def rank_ties(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the readings where equal values leave no gap in the ranks, or get the worst rank."""
    for ties in ("dense", "worst"):
        changed = change_steps(
            program, lambda step, ties=ties: replace(step, ties=ties) if isinstance(step, RankWithin) else step
        )
        if changed:
            yield Reading("rank_ties", changed, SHARED_RANKS)


def empty_as_zero(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading of a table of counts or sums where a combination without rows has a 0."""
    changed = change_steps(
        program,
        lambda step: (
            replace(step, zeros=True)
            if isinstance(step, Pivot) and step.aggregation in ("count", "sum", "nunique")
            else step
        ),
    )
    if changed:
        yield Reading("empty_as_zero", changed, NO_EMPTY_CELLS)


def date_order(program: Program, table: Table) -> Iterator[Reading]:
    """Yield the reading of "first", "running" and the like in the order of the table's only date column."""
    dates = [column.name for column in table.profile.columns if column.kind in TEMPORAL]

    def change(steps: Steps) -> Steps:
        for place, step in enumerate(steps):
            if isinstance(step, Sort | Top):
                return steps
            if isinstance(step, Edge | Streak | Running) or (isinstance(step, Impute) and step.method == "forward"):
                return (*steps[:place], Sort(dates[0]), *steps[place:])
        return steps

    if len(dates) == 1 and (changed := change_chains(program, change)):
        yield Reading("date_order", changed, TABLE_ORDER, dates[0])
