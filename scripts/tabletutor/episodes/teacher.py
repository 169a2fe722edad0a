"""The `program` teacher: turns a question's program into the cells an analyst would write, one at a time.

It says its plan and looks at the columns the plan needs, then works in one cell, or two where the program is long;
every intermediate value goes through `hook`, and the last cell submits. The plan comes before the look because what is
looked at follows from it: a small model that looks first guesses the columns, and plans with what it happened to see.
"""

from tabletutor.episodes.script import Script, ScriptedTurn
from tabletutor.programs.describe import describe
from tabletutor.programs.grammar import (
    Derivation,
    Filter,
    Group,
    Join,
    Keep,
    Program,
    columns_used,
)
from tabletutor.programs.pandas_source import Block, render

WORK = "Now I compute it."
FINISH = "Now the last step."
SUBMIT = "That is the answer."
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


def working(program: Program) -> tuple[ScriptedTurn, ...]:
    """The turns after the inspection: one cell for a short program, else one up to the last block and one that ends
    it.
    """
    blocks = render(program)
    if len(blocks) <= SHORT_PROGRAM:
        return (at_once(program),)
    start = next((place for place, block in enumerate(blocks) if isinstance(block.step, Join)), len(blocks) - 1)
    return (
        ScriptedTurn(WORK, _cell(blocks[:start], last=False)),
        ScriptedTurn(FINISH, _cell(blocks[start:], last=True)),
    )


def at_once(program: Program) -> ScriptedTurn:
    """The whole program in one cell that submits."""
    return ScriptedTurn(WORK, _cell(render(program), last=True))


def looking(program: Program) -> ScriptedTurn:
    """The whole program in one cell that shows its result but does not submit it yet."""
    return ScriptedTurn(WORK, "\n".join([*_lines(render(program)), "hook('answer', answer)"]))


def mending(program: Program, correction: str, corrects: int, look: bool) -> tuple[ScriptedTurn, ...]:
    """The turns that mend turn `corrects` after `correction`, a sentence that says what was wrong in it. Who looked at
    the wrong result looks at the right one too before submitting it: to look must not be a sign of a mistake.
    """
    said = f"{correction} {describe(program)}"
    if not look:
        return (ScriptedTurn(said, at_once(program).code, corrects),)
    return (ScriptedTurn(said, looking(program).code, corrects), ScriptedTurn(SUBMIT, "submit(answer)"))


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
    if isinstance(block.step, Derivation):
        return f"hook({block.step.name!r}, {block.result}[{block.step.name!r}].head(3).tolist())"
    if isinstance(block.step, Filter | Group | Keep):
        return f"hook({block.result!r}, len({block.result}))"
    return f"hook({block.result!r}, {block.result})"
