"""The hint of a question: the operations of its program."""

from collections.abc import Iterator
from typing import Any, cast

import msgspec

from tabletutor.programs import grammar as g


def outline(program: g.Program) -> str:
    """Return the operations of the program with their arguments, in order."""
    chains = {"left_chain: ": program.steps, "right_chain: ": program.other} if program.join else {"": program.steps}
    parts = [start + "; ".join(map(_operation, steps)) for start, steps in chains.items()]
    parts += [f"join_by: {program.join.operator}"] if program.join else []
    return "in_this_order: " + "; ".join([*parts, *map(_operation, program.after)])


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
