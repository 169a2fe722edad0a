"""Find words that a table makes misleading: a "smallest difference" below 0, a "best row" of a group where many tie,
the "fewest rows" where a group has none.

The checks run small programs on the table.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from tabletutor.programs.grammar import (
    Aggregate,
    Arithmetic,
    BestGroup,
    Count,
    Group,
    GroupCount,
    GroupMapping,
    NoAnswer,
    Program,
    RankWithin,
    Step,
    TopGroups,
    Where,
)
from tabletutor.questions.readings.lost_groups import has_lost_groups
from tabletutor.records.table import TableProfile

Run = Callable[[Program], Any]
MOST_TIED = 1.5  # rows a group has at the end of its ranking, on average
LEAST_RANKED = 3  # rows of a group that are ranked


def find_misleading(program: Program, profile: TableProfile, run: Run) -> str | None:
    """Return which words of a question do not fit the table, or None. `run` computes a program."""
    try:
        return next(_misleading(program.steps, profile, run), None)
    except NoAnswer as refusal:
        return f"a check has no answer: {refusal}"


def _misleading(steps: tuple[Step, ...], profile: TableProfile, run: Run) -> Iterator[str]:
    for place, (step, following) in enumerate(pairwise(steps)):
        match step, following:
            case Arithmetic(operator="-"), Aggregate(aggregation="min" | "max"):
                least = run(Program((*steps[: place + 1], Aggregate(step.name, "min"))))
                if least < 0:
                    yield f"the smallest difference is {least}, which is no small difference"
            case Group(aggregation="count" | "sum" | "nunique"), BestGroup() | TopGroups():
                if following.direction == "smallest" and has_lost_groups(steps[:place], step.by, profile, run):
                    yield f"some values of {step.by!r} have no row left, which is the smallest number"
            case RankWithin(by=str(by)), Where():
                rows = run(Program((*steps[: place + 2], Count())))
                groups = run(Program((*steps[: place + 2], Group(by, "count"), GroupCount())))
                sizes = run(Program((*steps[:place], Group(by, "count", None), GroupMapping())))
                if rows > MOST_TIED * groups:
                    yield f"{rows} rows tie for the best of {groups} groups"
                if min(sizes.values()) < LEAST_RANKED:
                    yield f"a group has {min(sizes.values())} rows"
            case _:
                pass
