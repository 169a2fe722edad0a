"""A program as an outline of its operations: the hint of a question.

It says what `describe` says in other words. A hint is for teachers: where its words stand in what a student reads or
says, a teacher has recited it (`formats/leak.py`).
"""

from collections.abc import Iterator
from typing import Any, cast

import msgspec

from tabletutor.programs import grammar as g


def outline(program: g.Program) -> str:
    """`Operations in order: where(column given 'wind', comparison given '>', value given 5); count()`."""
    chains = {"left: ": program.steps, "right: ": program.other} if program.join else {"": program.steps}
    parts = [start + "; ".join(map(_operation, steps)) for start, steps in chains.items()]
    parts += [f"join: {program.join.operator}"] if program.join else []
    return "Operations in order: " + "; ".join([*parts, *map(_operation, program.after)])


def _operation(step: g.Step) -> str:
    fields: dict[str, Any] = msgspec.to_builtins(step)
    return f"{fields.pop('op')}({', '.join(_arguments(fields))})"


def _arguments(fields: dict[str, Any]) -> Iterator[str]:
    """Each value follows on `given`, members of a list too: in the words of an outline none follows on what it does in
    code, in a plan or in another list of the same values.
    """
    for name, value in fields.items():
        if isinstance(value, list | tuple):
            yield from (f"{name}[{place}] given {member!r}" for place, member in enumerate(cast("list[Any]", value)))
        elif value is not None:
            yield f"{name} given {value!r}"
