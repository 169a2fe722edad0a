"""The blocks of a whole program as pandas source."""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from tabletutor.programs import grammar as g
from tabletutor.programs.pandas_source.derivations import derivation
from tabletutor.programs.pandas_source.groups import change_groups, group_reduction, make_groups
from tabletutor.programs.pandas_source.reductions import preparation, reduction
from tabletutor.programs.pandas_source.rows import filter_preparation, filter_rows


class Block(NamedTuple):
    """The source of one step. `result` is the variable that it sets, `reads` are the variables that it reads.

    `part` is the part of the answer that it sets, if it sets one.
    """

    step: g.Step | g.Join
    code: str
    result: str
    reads: tuple[str, ...]
    part: str | None = None


class _Names(NamedTuple):
    """The variables of a chain: its filtered rows, its groups, its answer, and what it starts from."""

    rows: str = "rows"
    groups: str = "groups"
    answer: str = "answer"
    frame: str = "df"


def render(program: g.Program) -> tuple[Block, ...]:
    """Return the blocks of a whole program; the last one sets `answer`, or its last part."""
    if program.parts:
        return tuple(_parts(program))
    derived: list[str] = []
    if program.join is None:
        return tuple(_chain(program.steps, _Names(), derived))
    shared = g.shared_steps(program)
    frame = _Names().rows if any(isinstance(step, g.Filter) for step in shared) else "df"
    return (
        *_chain(shared, _Names(), derived),
        *_chain(program.steps[len(shared) :], _side("left", frame), derived),
        *_chain(program.other[len(shared) :], _side("right", frame), derived),
        Block(program.join, f"answer = {_join(program.join)}", "answer", ("left", "right")),
        *(Block(step, _round(step, "answer"), "answer", ("answer",)) for step in program.after),
    )


def source(program: g.Program) -> str:
    """Return the whole program as one cell that submits its answer."""
    return "\n".join([block.code for block in render(program)] + ["submit(answer)"])


def _side(name: str, frame: str) -> _Names:
    return _Names(f"{name}_rows", f"{name}_groups", name, frame)


def _parts(program: g.Program) -> Iterator[Block]:
    """Yield the blocks of the steps that all parts share, then those of each part, which sets `answer[name]`."""
    derived: list[str] = []
    shared, frame = _Names(), "df"
    for block in _chain(program.steps, shared, derived, tuple(step for part in program.parts for step in part.steps)):
        frame = shared.rows if isinstance(block.step, g.Filter) else frame
        yield block
    start = "answer = {}\n"
    for part in program.parts:
        names = _Names("part_rows", "part_groups", f"answer[{part.name!r}]", frame)
        for block in _chain(part.steps, names, derived, source=shared.groups):
            if block.result != names.answer:
                yield block
                continue
            yield block._replace(code=start + block.code, part=part.name)
            start = ""


def _chain(
    steps: tuple[g.Step, ...], names: _Names, derived: list[str], later: tuple[g.Step, ...] = (), source: str = ""
) -> Iterator[Block]:
    """Yield the blocks of a chain, and add the columns that it derives to `derived`.

    `later` are steps that follow the chain; `source` holds the groups before the chain, if there are any.
    """
    frame, groups, answer = names.frame, source or names.groups, names.answer
    for place, step in enumerate(steps):
        if g.is_other_reading(step):
            raise ValueError(f"{step}: only Polars computes other readings")
        if isinstance(step, g.Filter):
            lines = (*filter_preparation(step, frame), f"{names.rows} = {filter_rows(step, frame, derived)}")
            yield Block(step, "\n".join(lines), names.rows, (frame,))
            frame = names.rows
        elif isinstance(step, g.Derivation):
            yield Block(step, f"{frame}[{step.name!r}] = {derivation(step, frame)}", frame, (frame,))
            derived.append(step.name)
        elif isinstance(step, g.Reduction):
            lines = (*preparation(step, frame), f"{answer} = {reduction(step, frame)}")
            yield Block(step, "\n".join(lines), answer, (frame,))
        elif isinstance(step, g.Group):
            groups = names.groups
            yield Block(step, f"{groups} = {make_groups(step, frame, (*steps[place:], *later))}", groups, (frame,))
        elif isinstance(step, g.GroupChange):
            yield Block(step, f"{names.groups} = {change_groups(step, groups)}", names.groups, (groups,))
            groups = names.groups
        elif isinstance(step, g.GroupReduction):
            yield Block(step, f"{answer} = {group_reduction(step, groups)}", answer, (groups,))
        else:
            yield Block(step, _round(step, answer), answer, (answer,))


def _round(step: g.Round, number: str) -> str:
    if step.half == "even":
        return f"{number} = round({number}, {step.decimals})"
    place = f"Decimal('{Decimal(1).scaleb(-step.decimals)}')"
    rounded = f"{number} = float(Decimal(str({number})).quantize({place}, ROUND_HALF_UP))"
    return f"from decimal import ROUND_HALF_UP, Decimal\n{rounded}"


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
