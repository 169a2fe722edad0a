"""The `program` teacher: turns a question's program into the cells an analyst would write, one at a time.

It says its plan and looks at the columns the plan needs, then works in one cell, or two where the program is long;
every intermediate value goes through `hook`, and the last cell submits. The plan comes before the look because what is
looked at follows from it: a small model that looks first guesses the columns, and plans with what it happened to see.
"""

from tabletutor.episodes.script import Script, ScriptedTurn
from tabletutor.programs.describe import describe
from tabletutor.programs.grammar import (
    DERIVATIONS,
    FILTERS,
    GROUP_STEPS,
    Join,
    Program,
    columns_used,
)
from tabletutor.programs.pandas_source import Block, render

WORK = "Now I compute it."
FINISH = "Now the last step."
SHORT_PROGRAM = 2  # blocks that fit one cell
SHOWN_COLUMNS = 4
SHOWN_ROWS = 3


def gold(program: Program) -> Script:
    """The trace that answers the question right."""
    return Script((inspection(program), *working(program)))


def inspection(program: Program) -> ScriptedTurn:
    """The first turn: the plan, and a look at the columns it needs in the first rows."""
    columns = list(columns_used(program))[:SHOWN_COLUMNS]
    return ScriptedTurn(
        describe(program), f"df[{columns!r}].head({SHOWN_ROWS})" if columns else f"df.head({SHOWN_ROWS})"
    )


def working(program: Program, correction: str | None = None, corrects: int | None = None) -> tuple[ScriptedTurn, ...]:
    """The turns after the inspection: one cell for a short program, else one up to the last block and one that ends it.

    With `correction`, a sentence that says what was wrong before, all goes in one cell that mends turn `corrects`.
    """
    blocks = render(program)
    if correction is not None:
        return (ScriptedTurn(f"{correction} {describe(program)}", _cell(blocks, last=True), corrects),)
    if len(blocks) <= SHORT_PROGRAM:
        return (ScriptedTurn(WORK, _cell(blocks, last=True)),)
    start = next((place for place, block in enumerate(blocks) if isinstance(block.step, Join)), len(blocks) - 1)
    return (
        ScriptedTurn(WORK, _cell(blocks[:start], last=False)),
        ScriptedTurn(FINISH, _cell(blocks[start:], last=True)),
    )


def unsubmitted(program: Program) -> ScriptedTurn:
    """The whole program in one cell that shows its result but does not submit it yet."""
    lines = _lines(render(program))
    return ScriptedTurn(WORK, "\n".join([*lines, "hook('answer', answer)"]))


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
