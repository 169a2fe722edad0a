"""The hint of a question: the operations of its program."""

from collections.abc import Iterator
from typing import Any, cast

import msgspec

from tabletutor.programs import grammar as g


def outline(program: g.Program) -> str:
    """Return the operations of the program with their arguments, in order."""
    chains = [("left_chain: ", program.steps), ("right_chain: ", program.other)] if program.join else []
    if not program.join:
        shared = [("", program.steps)] if program.steps else []
        chains = [*shared, *((f"part_called {part.name!r}: ", part.steps) for part in program.parts)]
    clauses = [start + "; ".join(map(_operation, steps)) for start, steps in chains]
    clauses += [f"join_by: {program.join.operator}"] if program.join else []
    return "in_this_order: " + "; ".join([*clauses, *map(_operation, program.after)])


def _operation(step: g.Step) -> str:
    """Return a step with the fields that differ from their defaults."""
    fields: dict[str, Any] = msgspec.to_builtins(step)
    usual = {field.name: field.default for field in msgspec.structs.fields(step)}
    told = {name: value for name, value in fields.items() if name != "op" and getattr(step, name) != usual[name]}
    return f"do_{fields['op']}({', '.join(_arguments(told))})"


def _arguments(fields: dict[str, Any]) -> Iterator[str]:
    """Yield each value after a word of its own. List members get one each: in code they have the same order."""
    for name, value in fields.items():
        if isinstance(value, list | tuple):
            yield from (f"{name}_{place}_given {member!r}" for place, member in enumerate(cast("list[Any]", value)))
        elif value is not None:
            yield f"{name}_given {value!r}"
