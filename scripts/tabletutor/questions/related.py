"""Find questions about two measures that have nothing to do with each other, or that say the same.

"The average tip of the 10 rows with the highest bill" is of interest only if tips go with bills, but not one to one.
"""

from collections.abc import Iterator

from tabletutor.programs.grammar import (
    Aggregate,
    BestGroup,
    Bin,
    Correlation,
    Group,
    Missing,
    NoAnswer,
    Program,
    Top,
)
from tabletutor.questions.support import Run, Steps

LEAST = 0.15  # of the rank correlation, without its sign
MOST = 0.9


def find_unrelated(program: Program, run: Run) -> str | None:
    """Return why two measures of a question are no pair, or None. `run` computes a program."""
    try:
        for before, one, other in _pairs(program.steps):
            both = (*before, Missing(one, negated=True), Missing(other, negated=True))
            size = abs(run(Program((*both, Correlation(one, other, "spearman")))))
            if size < LEAST:
                return f"{one!r} and {other!r} are hardly related"
            if size > MOST:
                return f"the ranks of {one!r} give those of {other!r}"
    except NoAnswer:
        return None
    return None


def _pairs(steps: Steps) -> Iterator[tuple[Steps, str, str]]:
    """Yield the steps before, the measure that chooses or bins the rows, and the measure that is averaged."""
    for place, step in enumerate(steps):
        match steps[place:]:
            case (Top(column=one), Aggregate(column=other, aggregation="mean"), *_):
                yield steps[:place], one, other
            case (Bin(column=one), Group(aggregation="mean", column=str(other)) as group, BestGroup(), *_):
                if isinstance(step, Bin) and group.by == step.name:
                    yield steps[:place], one, other
            case _:
                pass
