"""A program as an outline of its operations: the hint of a question.

It says what `describe` says in other words. A hint is for teachers: where its words stand in what a student reads or
says, a teacher has recited it (`formats/hint_leak.py`). So every word of its own is two or three joined by `_`, such as
no header, plan or cell of code is likely to hold beside the same header or value.
"""

from collections.abc import Iterator
from typing import Any, cast

import msgspec

from tabletutor.programs import grammar as g


def outline(program: g.Program) -> str:
    """`in_this_order: do_where(column_given 'wind', comparison_given '>', value_given 5); do_count()`."""
    chains = {"left_chain: ": program.steps, "right_chain: ": program.other} if program.join else {"": program.steps}
    parts = [start + "; ".join(map(_operation, steps)) for start, steps in chains.items()]
    parts += [f"join_by: {program.join.operator}"] if program.join else []
    return "in_this_order: " + "; ".join([*parts, *map(_operation, program.after)])


def _operation(step: g.Step) -> str:
    fields: dict[str, Any] = msgspec.to_builtins(step)
    return f"do_{fields.pop('op')}({', '.join(_arguments(fields))})"


def _arguments(fields: dict[str, Any]) -> Iterator[str]:
    """Each value follows on a word of its own, members of a list too, since code has them in the same order."""
    for name, value in fields.items():
        if isinstance(value, list | tuple):
            yield from (f"{name}_{place}_given {member!r}" for place, member in enumerate(cast("list[Any]", value)))
        elif value is not None:
            yield f"{name}_given {value!r}"
