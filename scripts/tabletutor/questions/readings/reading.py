"""A reading of a question, the facts that rules use, and the ways to rewrite a program."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from tabletutor.programs.grammar import Join, JoinOperator, Part, Program, Round, Step, all_steps
from tabletutor.records.record import Record
from tabletutor.records.table import NUMERIC, ColumnProfile, TableProfile

# `docs/readings.md` explains each reading.
ReadingName = Literal[
    "totals_left_out",
    "totals_included",
    "distinct_entities",
    "missing_not_counted",
    "missing_counted",
    "rows_counted",
    "missing_as_value",
    "missing_as_group",
    "missing_as_zero",
    "inclusive_bound",
    "strict_bound",
    "whole_day",
    "lower_bin",
    "case_ignored",
    "whole_word",
    "part_of_word",
    "population_deviation",
    "population_variance",
    "uncorrected_skewness",
    "uncorrected_kurtosis",
    "pearson_kurtosis",
    "quantile_interpolation",
    "rank_correlation",
    "linear_correlation",
    "unweighted",
    "mean_over_rows",
    "equal_variances",
    "unequal_variances",
    "one_sided",
    "other_group_first",
    "yates_correction",
    "every_copy",
    "rank_ties",
    "empty_as_zero",
    "empty_group",
    "date_order",
    "absolute_change",
    "percent_change",
    "swapped_difference",
    "fraction",
    "half_away",
]
Steps = tuple[Step, ...]
TEXT = ("category", "text", "identifier")


class Reading(Record, frozen=True):
    """Another reading of a question: its `name`, and the `program` that computes it.

    `clause` has ways to say that ours is meant, each a whole sentence to put after the question. Without any, words
    cannot rule the reading out. `column` is the column by which the reading counts or filters, if it has one.
    `differs`: it is known to give another answer, so no engine need compute its program.
    """

    name: ReadingName
    program: Program
    clause: tuple[str, ...]
    column: str | None = None
    differs: bool = False


@dataclass(frozen=True)
class Table:
    """The facts that rules use: the table's profile, and the words for its columns in a question (`say`)."""

    profile: TableProfile
    say: Callable[[str], str]

    def column(self, name: str) -> ColumnProfile | None:
        """Return the profile of a column, or None for a derived one."""
        return next((column for column in self.profile.columns if column.name == name), None)

    def may_miss(self, name: str) -> bool:
        """Return whether a column can have missing values; a derived one can."""
        column = self.column(name)
        return column is None or column.missing > 0

    def is_text(self, name: str) -> bool:
        """Return whether this is a column of the table that holds text. Identifiers may be numbers."""
        column = self.column(name)
        return column is not None and column.kind in TEXT and column.min is None

    def is_integer(self, name: str) -> bool:
        """Return whether this is a column of the table that holds whole numbers."""
        column = self.column(name)
        return column is not None and column.kind == "integer"

    def is_numeric(self, name: str) -> bool:
        """Return whether this is a column of the table that holds numbers."""
        column = self.column(name)
        return column is not None and column.kind in NUMERIC


Rule = Callable[[Program, Table], Iterable[Reading]]


def change_steps(program: Program, change: Callable[[Step], Step]) -> Program | None:
    """Return the program with each step changed, or None if that changes none."""
    return change_chains(program, lambda steps: tuple(map(change, steps)))


def change_chains(program: Program, change: Callable[[Steps], Steps]) -> Program | None:
    """Return the program with each chain changed (both chains, those of the parts, the rounding after a join).

    Returns None if that changes none.
    """
    after = tuple(step for step in change(program.after) if isinstance(step, Round))
    parts = tuple(Part(part.name, change(part.steps)) for part in program.parts)
    changed = Program(change(program.steps), change(program.other), program.join, after, parts)
    return None if changed == program else changed


def put_first(program: Program, steps: Steps) -> Program:
    """Return the program with `steps` before its own, in both chains of a join."""
    other = (*steps, *program.other) if program.join is not None else ()
    return replace(program, steps=(*steps, *program.steps), other=other)


def split_end(program: Program) -> tuple[Steps, Step, tuple[Round, ...]] | None:
    """Return the steps before the answer, the step that gives it, and the rounding; None for a join or for parts."""
    if program.join is not None or program.parts:
        return None
    rounds = tuple(step for step in program.steps if isinstance(step, Round))
    steps = program.steps[: len(program.steps) - len(rounds)]
    return (steps[:-1], steps[-1], rounds) if steps else None


def join_chains(left: Steps, operator: JoinOperator, right: Steps, rounds: tuple[Round, ...]) -> Program:
    """Return a program that joins the numbers of two chains and rounds the result."""
    return Program(left, right, Join(operator), rounds)


def free_name(program: Program, table: Table, wish: str) -> str:
    """Return a name for a derived column that neither the table nor the program has."""
    taken = {column.name for column in table.profile.columns} | {
        getattr(step, "name", "") for step in all_steps(program)
    }
    name = wish
    while name in taken:
        name += "_"
    return name
