"""Programs: chains of steps, two chains joined by one operation, or one chain with several named answers."""

from collections.abc import Mapping
from itertools import takewhile
from typing import Any, Literal

import msgspec

from tabletutor.programs.grammar.groups import Group, GroupChange, GroupReduction
from tabletutor.programs.grammar.reductions import Reduction
from tabletutor.programs.grammar.rows import Derivation, Filter, OneOf, Where
from tabletutor.records.record import Record, decoder


class Round(Record, frozen=True, tag_field="op", tag="round"):
    """Number → number rounded to `decimals` places: of two equally near neighbours the even one, or that away from 0.

    "even" is Python's `round` of the double; "away" rounds the shortest decimal text of the double, as on paper.
    """

    decimals: int
    half: Literal["even", "away"] = "even"


Step = Filter | Derivation | Reduction | Group | GroupChange | GroupReduction | Round
FrameStep = Filter | Derivation
COLUMN_FIELDS = ("column", "weight", "left", "right", "x", "y", "start", "end", "by", "across", "target")
# The fields that are for other readings only, with what they are in a question's own program.
_PLAIN = {
    "or_missing": False,
    "population": False,
    "every": False,
    "ties": "best",
    "with_missing": False,
    "zeros": False,
    "tails": 2,
    "yates": False,
}

JoinOperator = Literal["difference", "ratio", "percent", "greater", "larger_name"]


class Join(Record, frozen=True):
    """An operation on two numbers: left - right, left / right, 100 · left / right, whether left > right, or the
    name of the larger one (`names`: left, right; a tie has no answer)."""

    operator: JoinOperator
    names: tuple[str, str] | None = None


class Part(Record, frozen=True):
    """One named part of an answer: `steps` continue the rows (or groups) that a program's own `steps` end with."""

    name: str
    steps: tuple[Step, ...]


class Program(Record, frozen=True):
    """The chain `steps`; with `join`, the chains `steps` and `other`, joined and then rounded (`after`).

    With `parts`, `steps` end with rows or groups, and the answer is a record: the answer of each part by its name. A
    program has `parts` or a `join`, not both.
    """

    steps: tuple[Step, ...]
    other: tuple[Step, ...] = ()
    join: Join | None = None
    after: tuple[Round, ...] = ()
    parts: tuple[Part, ...] = ()


class NoAnswer(ValueError):
    """The program has no answer on this table. `reason` is "tie" or "no_answer"."""

    def __init__(self, reason: Literal["tie", "no_answer"], detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Literal["tie", "no_answer"] = reason


def to_json(program: Program) -> dict[str, Any]:
    """Return the program as plain JSON, for a question's field `program`."""
    return msgspec.to_builtins(program)


def from_json(data: dict[str, Any]) -> Program:
    """Return the program in a question's field `program`. Raises `msgspec.ValidationError` for JSON that is none."""
    decoder(Program)  # prepares the type under a lock: `convert` must not do so on two threads
    return msgspec.convert(data, type=Program)


def columns_used(program: Program) -> tuple[str, ...]:
    """Return the columns of the table that a program reads, in order of first use, without derived columns."""
    derived: set[str] = set()
    used: dict[str, None] = {}
    for step in all_steps(program):
        for column in step_columns(step):
            if column not in derived:
                used.setdefault(column)
        if isinstance(step, Derivation):
            derived.add(step.name)
    return tuple(used)


def step_columns(step: Step) -> tuple[str, ...]:
    """Return the columns that a step reads, in the order of its fields."""
    single = [value for field in COLUMN_FIELDS if isinstance(value := getattr(step, field, None), str)]
    several: tuple[str, ...] = getattr(step, "columns", ())
    return (*single, *several)


def is_other_reading(step: Step) -> bool:
    """Return whether a step has a field that is for other readings only. Only Polars runs such steps."""
    if isinstance(step, Where | OneOf) and step.ignore_case:
        return True
    return any(getattr(step, field, plain) != plain for field, plain in _PLAIN.items())


def all_steps(program: Program) -> tuple[Step, ...]:
    """Return the steps of both chains and of the parts, in the order in which a program runs them."""
    return (*program.steps, *program.other, *(step for part in program.parts for step in part.steps))


def shared_steps(program: Program) -> tuple[Step, ...]:
    """Return the steps from rows to rows with which both chains of a join begin; none without a join."""
    pairs = zip(program.steps, program.other, strict=False)
    return tuple(one for one, _ in takewhile(lambda pair: pair[0] == pair[1] and isinstance(pair[0], FrameStep), pairs))


def rename_columns(program: Program, renames: Mapping[str, str]) -> Program:
    """Return the program with other names for some columns."""

    def rename(step: Any) -> Any:
        fields: dict[str, Any] = {
            field: renames[value]
            for field in COLUMN_FIELDS
            if isinstance(value := getattr(step, field, None), str) and value in renames
        }
        columns: tuple[str, ...] = getattr(step, "columns", ())
        if renames.keys() & set(columns):
            fields["columns"] = tuple(renames.get(column, column) for column in columns)
        return msgspec.structs.replace(step, **fields) if fields else step

    parts = tuple(msgspec.structs.replace(part, steps=tuple(map(rename, part.steps))) for part in program.parts)
    steps, other = tuple(map(rename, program.steps)), tuple(map(rename, program.other))
    return msgspec.structs.replace(program, steps=steps, other=other, parts=parts)


def size(program: Program) -> int:
    """Return the number of steps. A join counts as one; a rounding does not count."""
    return len([step for step in all_steps(program) if not isinstance(step, Round)]) + (program.join is not None)
