"""Find words that a table makes misleading: a "smallest difference" below 0, a "best row" of a group where many tie.

The checks run small programs on the table.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from tabletutor.programs.grammar import (
    Aggregate,
    Arithmetic,
    Count,
    Group,
    GroupCount,
    GroupMapping,
    NoAnswer,
    Program,
    RankWithin,
    Step,
    Where,
)

Run = Callable[[Program], Any]
MOST_TIED = 1.5  # rows a group has at the end of its ranking, on average
LEAST_RANKED = 3  # rows of a group that are ranked


def find_misleading(program: Program, run: Run) -> str | None:
    """Return which words of a question do not fit the table, or None. `run` computes a program."""
    try:
        return next(_misleading(program.steps, run), None)
    except NoAnswer as refusal:
        return f"a check has no answer: {refusal}"


def _misleading(steps: tuple[Step, ...], run: Run) -> Iterator[str]:
    for place, (step, following) in enumerate(pairwise(steps)):
        match step, following:
            case Arithmetic(operator="-"), Aggregate(aggregation="min" | "max"):
                least = run(Program((*steps[: place + 1], Aggregate(step.name, "min"))))
                if least < 0:
                    yield f"the smallest difference is {least}, which is no small difference"
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
