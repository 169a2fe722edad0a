"""The blocks of a whole program as pandas source."""

from collections.abc import Iterator
from typing import NamedTuple

from tabletutor.programs import grammar as g
from tabletutor.programs.pandas_source.derivations import derivation
from tabletutor.programs.pandas_source.groups import change_groups, group_reduction, make_groups
from tabletutor.programs.pandas_source.reductions import preparation, reduction
from tabletutor.programs.pandas_source.rows import filter_rows


class Block(NamedTuple):
    """The source of one step. `result` is the variable that it sets."""

    step: g.Step | g.Join
    code: str
    result: str


def render(program: g.Program) -> tuple[Block, ...]:
    """Return the blocks of a whole program; the last one sets `answer`."""
    if program.join is None:
        return tuple(_chain(program.steps, "answer"))
    return (
        *_chain(program.steps, "left"),
        *_chain(program.other, "right"),
        Block(program.join, f"answer = {_join(program.join)}", "answer"),
        *(Block(step, f"answer = round(answer, {step.decimals})", "answer") for step in program.after),
    )


def source(program: g.Program) -> str:
    """Return the whole program as one cell that submits its answer."""
    return "\n".join([block.code for block in render(program)] + ["submit(answer)"])


def frame_variable(side: str) -> str:
    """Return the variable that holds the filtered rows of the chain whose result is named `side`."""
    return "rows" if side == "answer" else f"{side}_rows"


def _chain(steps: tuple[g.Step, ...], scalar: str) -> Iterator[Block]:
    rows, groups, frame = frame_variable(scalar), "groups" if scalar == "answer" else f"{scalar}_groups", "df"
    for step in steps:
        if isinstance(step, g.Filter):
            yield Block(step, f"{rows} = {filter_rows(step, frame)}", rows)
            frame = rows
        elif isinstance(step, g.Derivation):
            yield Block(step, f"{frame}[{step.name!r}] = {derivation(step, frame)}", frame)
        elif isinstance(step, g.Reduction):
            lines = (*preparation(step, frame), f"{scalar} = {reduction(step, frame)}")
            yield Block(step, "\n".join(lines), scalar)
        elif isinstance(step, g.Group):
            yield Block(step, f"{groups} = {make_groups(step, frame)}", groups)
        elif isinstance(step, g.GroupChange):
            yield Block(step, f"{groups} = {change_groups(step, groups)}", groups)
        elif isinstance(step, g.GroupReduction):
            yield Block(step, f"{scalar} = {group_reduction(step, groups)}", scalar)
        else:
            yield Block(step, f"{scalar} = round({scalar}, {step.decimals})", scalar)


def _join(join: g.Join) -> str:
    match join.operator:
        case "difference":
            return "left - right"
        case "ratio":
            return "left / right"
        case "percent":
            return "left / right * 100"
        case "greater":
            return "bool(left > right)"
        case "larger_name":
            if join.names is None:
                raise ValueError("a join by larger_name needs the two names")
            return f"{join.names[0]!r} if left > right else {join.names[1]!r}"
