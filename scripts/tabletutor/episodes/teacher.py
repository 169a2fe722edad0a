"""The `program` teacher: turns a question's program into the cells an analyst would write, one at a time.

It looks at the columns first, then works in one cell, or two where the program is long; every intermediate value goes
through `hook`, and the last cell submits.
"""

import random

from tabletutor.episodes.script import Script, ScriptedTurn
from tabletutor.programs.describe import describe, sentence
from tabletutor.programs.grammar import (
    DERIVATIONS,
    FILTERS,
    GROUP_STEPS,
    Join,
    Program,
    Where,
    columns_used,
)
from tabletutor.programs.pandas_source import Block, render

LOOKS = ("First I look at the columns I need.", "Let me see the columns involved.", "I check what the columns hold.")
SHORT_PROGRAM = 2  # blocks that fit one cell
SHOWN_COLUMNS = 4
SHOWN_ROWS = 3


def gold(program: Program, source: random.Random) -> Script:
    """The trace that answers the question right."""
    return Script((inspection(program, source), *working(program)))


def inspection(program: Program, source: random.Random) -> ScriptedTurn:
    """The first turn: the used columns of some rows, or the values of the category that is filtered on."""
    columns = list(columns_used(program))[:SHOWN_COLUMNS]
    where = next((step for step in program.steps if isinstance(step, Where) and isinstance(step.value, str)), None)
    if not columns:
        return ScriptedTurn(source.choice(LOOKS), f"df.head({SHOWN_ROWS})")
    if where is not None and source.random() < 0.3:
        return ScriptedTurn(source.choice(LOOKS), f"df[{where.column!r}].value_counts().head(5)")
    return ScriptedTurn(source.choice(LOOKS), f"df[{columns!r}].head({SHOWN_ROWS})")


def working(program: Program, correction: str | None = None, corrects: int | None = None) -> tuple[ScriptedTurn, ...]:
    """The turns after the inspection: one cell for a short program, else one up to the last block and one that ends it.

    With `correction`, a sentence that says what was wrong before, all goes in one cell that mends turn `corrects`.
    """
    blocks = render(program)
    if correction is not None:
        return (ScriptedTurn(f"{correction} {describe(program)}", _cell(blocks, last=True), corrects),)
    if len(blocks) <= SHORT_PROGRAM:
        return (ScriptedTurn(describe(program), _cell(blocks, last=True)),)
    start = next((place for place, block in enumerate(blocks) if isinstance(block.step, Join)), len(blocks) - 1)
    return (
        ScriptedTurn(_thought(blocks[:start]), _cell(blocks[:start], last=False)),
        ScriptedTurn(_thought(blocks[start:]), _cell(blocks[start:], last=True)),
    )


def unsubmitted(program: Program) -> ScriptedTurn:
    """The whole program in one cell that shows its result but does not submit it yet."""
    lines = _lines(render(program))
    return ScriptedTurn(describe(program), "\n".join([*lines, "hook('answer', answer)"]))


def _thought(blocks: tuple[Block, ...]) -> str:
    return sentence(tuple(block.step for block in blocks))


def _cell(blocks: tuple[Block, ...], last: bool) -> str:
    return "\n".join([*_lines(blocks), "submit(answer)"] if last else _lines(blocks))


def _lines(blocks: tuple[Block, ...]) -> list[str]:
    lines: list[str] = []
    for block in blocks:
        lines.append(block.code)
        if hook := _hook(block):
            lines.append(hook)
    return lines


def _hook(block: Block) -> str | None:
    """The hook that shows an intermediate value, or None for the answer itself."""
    if isinstance(block.step, Join) or block.result == "answer":
        return None
    if isinstance(block.step, DERIVATIONS):
        return f"hook({block.step.name!r}, {block.result}[{block.step.name!r}].head(3).tolist())"
    if isinstance(block.step, (*FILTERS, *GROUP_STEPS)):
        return f"hook({block.result!r}, len({block.result}))"
    return f"hook({block.result!r}, {block.result})"
