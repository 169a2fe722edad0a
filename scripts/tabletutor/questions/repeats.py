"""Find questions that ask again what another question of the table asks.

Two programs ask the same if they differ only in rounding, in the order of their conditions, or in the number or date of
a limit ("above 20", "at least 25"). So do those that name other statistics of one column in a summary, or the same two
columns or groups in another order, or count the other half of the rows. A question about all groups shows the number
of one, two or the best of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from tabletutor.programs.grammar import (
    Aggregate,
    Arithmetic,
    BestGroup,
    Contains,
    Correlation,
    Count,
    Group,
    GroupMapping,
    GroupShares,
    GroupValue,
    Keep,
    Missing,
    MostFrequent,
    OneOf,
    Pivot,
    Program,
    Regression,
    Round,
    Share,
    Step,
    StrongestPair,
    Where,
)
from tabletutor.records.identity import digest
from tabletutor.records.table import TableProfile

_SIDES = {">": "above", ">=": "above", "<": "below", "<=": "below"}
_COMPARISONS = ("greater", "larger_name")
_JOINS = {"greater": "compare", "larger_name": "compare", "percent": "ratio"}


@dataclass
class AskedPrograms:
    """The programs that a table's questions ask so far, by what they ask.

    `even` are the columns of which each value has the same number of rows, `halves` those of two values, which split
    all rows.
    """

    even: frozenset[str] = frozenset()
    halves: frozenset[str] = frozenset()
    gists: set[str] = field(default_factory=set[str])
    shown: dict[str, set[str]] = field(
        default_factory=lambda: {"all": set(), "best": set(), "two": set(), "one": set()}
    )

    def add(self, program: Program) -> None:
        """Remember a program."""
        program = normalise(program, self.even, self.halves)
        self.gists.add(gist(program))
        for how, numbers in _shown(program).items():
            self.shown[how].update(numbers)

    def repeats(self, program: Program) -> bool:
        """Return whether a program asks the same as another one, or is answered by it, or answers it."""
        program = normalise(program, self.even, self.halves)
        return gist(program) in self.gists or any(
            not self.shown[other].isdisjoint(numbers)
            for how, numbers in _shown(program).items()
            for other in self.shown
            if how != other
        )


def even_columns(profile: TableProfile) -> frozenset[str]:
    """Return the columns of which each value has the same number of rows: totals rank its groups as averages do."""
    return frozenset(
        column.name
        for column in profile.columns
        if not column.missing
        and 1 < column.unique == len(column.top_values)
        and len({count for _, count in column.top_values}) == 1
    )


def half_columns(profile: TableProfile) -> frozenset[str]:
    """Return the columns of two values without a gap: the count or the share of one gives that of the other."""
    return frozenset(column.name for column in profile.columns if column.unique == 2 and not column.missing)


def normalise(program: Program, even: frozenset[str] = frozenset(), halves: frozenset[str] = frozenset()) -> Program:
    """Return a program with one form for what is the same: the most frequent value has the most rows, and so on.

    In groups by a column of `even`, a total is compared as a mean. Both values of a column of `halves` are one.
    """

    def change(steps: Iterable[Step]) -> tuple[Step, ...]:
        sides = program.join is not None and any(isinstance(step, Where) and step.column in even for step in steps)
        plain = _one_half(tuple(steps), halves) if program.join is None else tuple(steps)
        return tuple(new for step in plain for new in _normal_steps(step, even, sides))

    return replace(program, steps=change(program.steps), other=change(program.other))


def _one_half(steps: tuple[Step, ...], halves: frozenset[str]) -> tuple[Step, ...]:
    """Return the steps of a count or a share with one value in place of both values of a column."""
    last = next((step for step in reversed(steps) if not isinstance(step, Round)), None)
    if isinstance(last, Share) and last.column in halves:
        return tuple(replace(step, comparison="==", value="") if step == last else step for step in steps)
    if not isinstance(last, Count):
        return steps
    return tuple(
        replace(step, comparison="==", value="") if isinstance(step, Where) and step.column in halves else step
        for step in steps
    )


def _normal_steps(step: Step, even: frozenset[str], sides: bool) -> tuple[Step, ...]:
    match step:
        case MostFrequent():
            return Group(step.column, "count"), BestGroup("largest")
        case Group(aggregation="sum") if step.by in even:
            return (replace(step, aggregation="mean"),)
        case Aggregate(aggregation="sum") if sides:
            return (replace(step, aggregation="mean"),)
        case Correlation():
            left, right = sorted((step.left, step.right))
            return (Correlation(left, right),)
        case Regression(part="r2"):
            left, right = sorted((step.x, step.y))
            return (Correlation(left, right),)
        case StrongestPair():
            return (StrongestPair(tuple(sorted(step.columns))),)
        case Pivot():
            by, across = sorted((step.by, step.across))
            return (replace(step, by=by, across=across),)
        case Arithmetic():
            left, right = sorted((step.left, step.right))
            return (replace(step, left=left, right=right),)
        case _:
            return (step,)


def gist(program: Program) -> str:
    """Return the digest of what a program asks: equal for programs of which one question is enough."""
    chains = [_plain_steps(program.steps), _plain_steps(program.other)]
    join: Any = program.join
    if program.join is not None:
        chains.sort(key=digest)
        join = _JOINS.get(program.join.operator, program.join.operator)
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


def _shown(program: Program) -> dict[str, set[str]]:
    """Return the digests of the numbers of groups that a question shows: for "all" groups, the "best",
    "two" that are compared, or "one".
    """
    if program.join is not None:
        return {"two": _compared(program)}
    match program.steps:
        case (*before, Group() as group, GroupMapping()):
            return {"all": {digest(_plain_steps(before), group)}}
        case (*before, Group() as group, GroupShares(), GroupMapping()):
            return {"all": {digest(_plain_steps(before), group, "shares")}}
        case (*before, Group() as group, BestGroup(rank=1)):
            return {"best": {digest(_plain_steps(before), group)}}
        case (*before, Group() as group, GroupShares(), GroupValue()):
            return {"one": {digest(_plain_steps(before), group, "shares")}}
        case (*before, Share(comparison="==", column=by)):
            return {"one": {digest(_plain_steps(before), Group(by, "count"), "shares")}}
        case _:
            return {}


def _compared(program: Program) -> set[str]:
    """Return the digest of the number by which two groups are compared."""
    if program.join is None or program.join.operator not in _COMPARISONS:
        return set()
    match program.steps:
        case (*before, Where(comparison="==", column=by), Aggregate() | Count() as last):
            column, aggregation = (last.column, last.aggregation) if isinstance(last, Aggregate) else (None, "count")
            return {digest(_plain_steps(before), Group(by, aggregation, column))}
        case _:
            return set()
