"""Keep the questions of a table varied: no column, statistic or kind of question takes more than its share.

A table that runs out of other questions gets fewer.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tabletutor.programs.grammar import (
    Count,
    Filter,
    Group,
    Lookup,
    Pivot,
    Program,
    Regression,
    Round,
    Sort,
    Step,
    Top,
    from_json,
    step_columns,
)
from tabletutor.questions.rare_statistics import TIME, rare_statistic
from tabletutor.records.question import Question

COLUMN = 0.2  # of the questions are about one column
FEW_COLUMNS = 1.5  # times its even share, in a table with few columns
FAMILY = 0.4  # of the questions about one column are of one family
ONE_FAMILY = 0.15  # of the questions are of one family
SELDOM = 0.05  # of the questions are about missing values, or count the rows of some years
RARE = 0.025  # of the questions ask for one rare statistic


@dataclass
class Balance:
    """The number of a table's questions about each subject. `columns` is the number of the table's columns."""

    columns: int
    counts: Counter[tuple[str, ...]] = field(default_factory=Counter[tuple[str, ...]])

    def add(self, question: Question) -> None:
        """Count a question."""
        self.counts.update(list(self._limits(question, 0)))

    def is_full(self, question: Question, goal: int) -> bool:
        """Return whether so many of `goal` questions are like this one that no other one is wanted."""
        return any(self.counts[subject] >= most for subject, most in self._limits(question, goal).items())

    def _limits(self, question: Question, goal: int) -> dict[tuple[str, ...], int]:
        """Return the subjects of a question, and how many of `goal` questions may have each."""
        program = from_json(question.program or {})
        about_one = math.ceil(goal * max(COLUMN, FEW_COLUMNS / self.columns))
        limits: dict[tuple[str, ...], int] = {("family", question.family): max(2, math.ceil(goal * ONE_FAMILY))}
        for column in subjects(program):
            limits["column", column] = about_one
            limits["family", question.family, column] = max(2, math.ceil(FAMILY * about_one))
        if question.category == "missing":
            limits["missing",] = max(2, round(goal * SELDOM))
        kinds = question.composition.partition("|")[2].split("+")
        if question.family == "count_rows" and all(kind.startswith(TIME) for kind in kinds):
            limits["time",] = max(2, round(goal * SELDOM))
        if rare := rare_statistic(program):
            limits["rare", rare] = max(1, round(goal * RARE))
        return limits


def subjects(program: Program) -> set[str]:
    """Return the columns of the table that a question is about: those measured, or those by which rows are counted."""
    chain = (*program.steps, *program.parts[0].steps) if program.parts else program.steps
    steps = [step for step in chain if not isinstance(step, Round)]
    names = next((names for step in reversed(steps) if (names := _measured(step, steps))), set[str]())
    origins: dict[str, set[str]] = {}
    for step in steps:
        if (name := getattr(step, "name", None)) and (read := step_columns(step)):
            origins[name] = {origin for column in read for origin in origins.get(column, {column})}
    return {origin for name in names for origin in origins.get(name, {name})}


def _measured(step: Step, steps: Sequence[Step]) -> set[str]:
    match step:
        case Count():
            filters = [other for other in steps if isinstance(other, Filter) and not isinstance(other, Sort | Top)]
            return {name for other in filters for name in step_columns(other)}
        case Group() | Pivot():
            return {step.column or step.by}
        case Lookup():
            return {step.column}
        case Regression():
            return {step.y}
        case _:
            return set(step_columns(step))
