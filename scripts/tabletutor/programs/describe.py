"""A program in words: `describe` for the plan that a teacher states, `outline` for the hint of a question.

For "count the rows with wind above 5":

    describe   Keep rows where 'wind' > 5, then count the rows.
    outline    in_this_order: do_where(column_given 'wind', comparison_given '>', value_given 5); do_count()

In a plan, columns and values are the Python literals of the code that follows, so a small model copies them character
by character and need not spell a header that it read as prose.

A hint is for teachers only. If a student's row repeats words of the hint, a teacher has recited it
(`formats/hint_leak.py`). Every word of an outline is therefore two or three words joined by `_`: a header, a plan or a
cell of code is unlikely to hold such a word beside the same header or value.
"""

from collections.abc import Iterator
from typing import Any, assert_never, cast

import msgspec

from tabletutor.programs import grammar as g

_JOINS = {
    "difference": "subtract right from left",
    "ratio": "divide left by right",
    "percent": "take left as a percentage of right",
    "greater": "test if left is greater",
    "larger_name": "name the larger one",
}
_AGGREGATIONS = {
    "nunique": "count the distinct values of",
    "count": "count the known values of",
    "std": "take the standard deviation of",
}
_TEXT_PARTS = {"length": "count the characters", "words": "count the words", "first_word": "get the first word"}


def describe(program: g.Program) -> str:
    """Return the whole program as one sentence."""
    if program.join is None:
        return _sentence(_clauses(program.steps))
    steps = [*_clauses(program.steps, "left: "), *_clauses(program.other, "right: "), join_words(program.join)]
    return _sentence([*steps, *(step_words(step) for step in program.after)])


def outline(program: g.Program) -> str:
    """Return the operations of the program with their arguments, in order."""
    chains = {"left_chain: ": program.steps, "right_chain: ": program.other} if program.join else {"": program.steps}
    parts = [start + "; ".join(map(_operation, steps)) for start, steps in chains.items()]
    parts += [f"join_by: {program.join.operator}"] if program.join else []
    return "in_this_order: " + "; ".join([*parts, *map(_operation, program.after)])


def join_words(join: g.Join) -> str:
    """Return what a join does, as an imperative clause."""
    return _JOINS[join.operator]


def step_words(step: g.Step) -> str:
    """Return what one step does, as an imperative clause."""
    if isinstance(step, g.Reduction):
        return _reduction_words(step)
    if isinstance(step, g.Keep | g.GroupReduction):
        return _group_words(step)
    match step:
        case g.Where():
            return f"keep rows where {step.column!r} {step.comparison} {step.value!r}"
        case g.OneOf():
            return f"keep rows where {step.column!r} is in {list(step.values)!r}"
        case g.Contains():
            return f"keep rows where {step.column!r} contains {step.text!r}"
        case g.Missing():
            return f"keep rows where {step.column!r} is {'present' if step.negated else 'missing'}"
        case g.BeyondStatistic():
            return f"keep rows where {step.column!r} {step.comparison} its {step.statistic}"
        case g.Top():
            return f"take the {step.n} rows with the {step.direction} {step.column!r}"
        case g.DatePart():
            return f"get the {step.part} of {step.column!r}"
        case g.TextPart():
            return f"{_TEXT_PARTS[step.part]} of {step.column!r}"
        case g.Arithmetic():
            return f"compute {step.left!r} {step.operator} {step.right!r}"
        case g.DaysBetween():
            return f"get the days from {step.start!r} to {step.end!r}"
        case g.Group():
            value = "count the rows" if step.column is None else _aggregate_words(step.aggregation, step.column)
            return f"{value} by {step.by!r}"
        case g.Round():
            return f"round to {step.decimals} decimals"
        case _:
            assert_never(step)


def _reduction_words(step: g.Reduction) -> str:
    match step:
        case g.Count():
            return "count the rows"
        case g.Aggregate():
            return _aggregate_words(step.aggregation, step.column)
        case g.Quantile():
            return f"take the {step.q} quantile of {step.column!r}"
        case g.Span():
            return f"take max minus min of {step.column!r}"
        case g.Share():
            return f"take the percentage of rows where {step.column!r} {step.comparison} {step.value!r}"
        case g.MissingShare():
            return f"take the percentage of rows where {step.column!r} is missing"
        case g.MostFrequent():
            return f"take the most frequent {step.column!r}"
        case g.Lookup():
            return f"find the row with the {step.direction} {step.column!r} and read {step.target!r}"
        case g.ListOf():
            return f"list {step.column!r}"
        case g.Distinct():
            return f"list the distinct {step.column!r}"
        case g.Correlation():
            return f"correlate {step.left!r} with {step.right!r}"
        case _:
            assert_never(step)


def _group_words(step: g.Keep | g.GroupReduction) -> str:
    match step:
        case g.Keep():
            return f"keep groups {step.comparison} {step.value!r}"
        case g.BestGroup(rank=1):
            return f"name the {step.direction} group"
        case g.BestGroup():
            return f"name group number {step.rank} from the {step.direction}"
        case g.BestValue():
            return f"take the {step.direction} value"
        case g.TopGroups():
            return f"list the {step.n} {step.direction} groups"
        case g.GroupCount():
            return "count the groups"
        case g.GroupSpread():
            return "take max minus min of the groups"
        case g.GroupShare():
            return "take the largest group as a percentage of all"
        case g.GroupNames():
            return "list the groups"
        case g.GroupMapping():
            return "give all groups"
        case _:
            assert_never(step)


def _aggregate_words(aggregation: g.Aggregation, column: str) -> str:
    return f"{_AGGREGATIONS.get(aggregation, f'take the {aggregation} of')} {column!r}"


def _clauses(steps: tuple[g.Step, ...], prefix: str = "") -> list[str]:
    match steps:
        case (g.Missing() as filtering, g.Count(), *rest):
            known = "known" if filtering.negated else "missing"
            words = [f"count the {known} values of {filtering.column!r}", *map(step_words, rest)]
        case _:
            words = [step_words(step) for step in steps]
    return [prefix + words[0], *words[1:]]


def _sentence(clauses: list[str]) -> str:
    text = ", then ".join(clauses)
    return f"{text[:1].upper()}{text[1:]}."


def _operation(step: g.Step) -> str:
    fields: dict[str, Any] = msgspec.to_builtins(step)
    return f"do_{fields.pop('op')}({', '.join(_arguments(fields))})"


def _arguments(fields: dict[str, Any]) -> Iterator[str]:
    """Yield each value after a word of its own. List members get one each: in code they have the same order."""
    for name, value in fields.items():
        if isinstance(value, list | tuple):
            yield from (f"{name}_{place}_given {member!r}" for place, member in enumerate(cast("list[Any]", value)))
        elif value is not None:
            yield f"{name}_given {value!r}"
