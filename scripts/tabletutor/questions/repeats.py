"""Find questions that ask again what another question of the table asks.

Two programs ask the same if they differ only in rounding, in the order of their conditions, in the number or date of a
limit ("above 20", "at least 25"), or in which statistics a summary of one column names. A comparison of two groups asks
what a question about all groups by the same number has shown already.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tabletutor.programs.grammar import (
    Aggregate,
    BestGroup,
    Contains,
    Count,
    Group,
    GroupMapping,
    Keep,
    Missing,
    OneOf,
    Program,
    Round,
    Share,
    Step,
    Where,
)
from tabletutor.records.identity import digest

_SIDES = {">": "above", ">=": "above", "<": "below", "<=": "below"}
_COMPARISONS = ("greater", "larger_name")


@dataclass
class AskedPrograms:
    """The programs that a table's questions ask so far, by what they ask."""

    gists: set[str] = field(default_factory=set[str])
    grouped: set[str] = field(default_factory=set[str])
    compared: set[str] = field(default_factory=set[str])

    def add(self, program: Program) -> None:
        """Remember a program."""
        self.gists.add(gist(program))
        self.grouped.update(_grouped(program))
        self.compared.update(_compared(program))

    def repeats(self, program: Program) -> bool:
        """Return whether a program asks the same as another one, or is answered by it."""
        follows = not self.grouped.isdisjoint(_compared(program)) or not self.compared.isdisjoint(_grouped(program))
        return follows or gist(program) in self.gists


def gist(program: Program) -> str:
    """Return the digest of what a program asks: equal for programs of which one question is enough."""
    chains = [_plain_steps(program.steps), _plain_steps(program.other)]
    join: Any = program.join
    if program.join is not None and program.join.operator in _COMPARISONS:
        chains.sort(key=digest)
        join = "compare"
    parts = [_plain_steps(part.steps) for part in program.parts]
    if parts and all(isinstance(step, Aggregate) for part in program.parts for step in part.steps):
        parts = sorted({step.column for part in program.parts for step in part.steps if isinstance(step, Aggregate)})
    return digest(chains, join, parts)


def _plain_steps(steps: Iterable[Step]) -> list[Any]:
    """Return the steps without rounding and the values of limits. The conditions that come first are sorted."""
    kept = [step for step in steps if not isinstance(step, Round)]
    first = next((place for place, step in enumerate(kept) if not _is_condition(step)), len(kept))
    return [*sorted(map(_plain_step, kept[:first]), key=digest), *map(_plain_step, kept[first:])]


def _is_condition(step: Step) -> bool:
    return isinstance(step, Where | OneOf | Contains | Missing)


def _plain_step(step: Step) -> Any:
    if isinstance(step, Where | Share | Keep) and step.comparison in _SIDES:
        return [type(step).__name__, getattr(step, "column", ""), _SIDES[step.comparison]]
    return step


def _grouped(program: Program) -> list[str]:
    """Return the digest of the number that a question about the best group or about all groups compares."""
    match program.steps:
        case (*before, Group() as group, BestGroup(rank=1) | GroupMapping()):
            return [digest(_plain_steps(before), group)]
        case _:
            return []


def _compared(program: Program) -> list[str]:
    """Return the digest of the number by which two groups are compared."""
    if program.join is None or program.join.operator not in _COMPARISONS:
        return []
    match program.steps:
        case (*before, Where(comparison="==", column=by), Aggregate() | Count() as last):
            column, aggregation = (last.column, last.aggregation) if isinstance(last, Aggregate) else (None, "count")
            return [digest(_plain_steps(before), Group(by, aggregation, column))]
        case _:
            return []
