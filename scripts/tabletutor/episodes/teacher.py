"""The `program` teacher: turn a question's program into the cells that an analyst would write.

The first turn states the plan and looks at the columns that the plan needs. One or two more cells do the work: every
intermediate value goes through `hook`, and the last cell submits. The plan comes first because it determines which
columns to look at. A small model that looks first guesses the columns, and then plans with the ones it saw.
"""

from tabletutor.episodes.script import Script, ScriptedTurn
from tabletutor.programs.describe import describe
from tabletutor.programs.grammar import (
    Derivation,
    Filter,
    Group,
    GroupChange,
    Join,
    Program,
    columns_used,
)
from tabletutor.programs.pandas_source import Block, render

WORK = "Now I compute it."
FINISH = "Now the last step."
SUBMIT = "That is the answer."
SHORT_PROGRAM = 2  # most blocks in one cell
SHOWN_COLUMNS = 4
SHOWN_ROWS = 3


def gold_script(program: Program) -> Script:
    """Return the script that answers the question correctly."""
    return Script((plan_turn(program), *work_turns(program)))


def plan_turn(program: Program) -> ScriptedTurn:
    """Return the first turn: the plan, and code that shows the first rows of the columns it needs."""
    columns = list(columns_used(program))[:SHOWN_COLUMNS]
    return ScriptedTurn(
        describe(program), f"df[{columns!r}].head({SHOWN_ROWS})" if columns else f"df.head({SHOWN_ROWS})"
    )


def work_turns(program: Program) -> tuple[ScriptedTurn, ...]:
    """Return the turns after the plan: one cell for a short program, otherwise two.

    The second cell has the last block, or the join and the blocks after it.
    """
    blocks = render(program)
    if len(blocks) <= SHORT_PROGRAM:
        return (single_turn(program),)
    start = next((place for place, block in enumerate(blocks) if isinstance(block.step, Join)), len(blocks) - 1)
    return (
        ScriptedTurn(WORK, _cell(blocks[:start], last=False)),
        ScriptedTurn(FINISH, _cell(blocks[start:], last=True)),
    )


def single_turn(program: Program) -> ScriptedTurn:
    """Return a turn that runs the whole program in one cell and submits."""
    return ScriptedTurn(WORK, _cell(render(program), last=True))


def preview_turn(program: Program) -> ScriptedTurn:
    """Return a turn that runs the whole program and shows the answer without submitting it."""
    return ScriptedTurn(WORK, "\n".join([*_lines(render(program), last=True), "hook('answer', answer)"]))


def correction_turns(program: Program, excuse: str, corrects: int, preview: bool) -> tuple[ScriptedTurn, ...]:
    """Return the turns that correct turn `corrects`. `excuse` is a sentence that says what was wrong in it.

    `preview`: show the answer before submitting it. A script that previewed its wrong answer must preview the right one
    too, or a preview would be a sign of a mistake.
    """
    reasoning = f"{excuse} {describe(program)}"
    if not preview:
        return (ScriptedTurn(reasoning, single_turn(program).code, corrects),)
    return (ScriptedTurn(reasoning, preview_turn(program).code, corrects), ScriptedTurn(SUBMIT, "submit(answer)"))


def _cell(blocks: tuple[Block, ...], last: bool) -> str:
    return "\n".join([*_lines(blocks, last), "submit(answer)"] if last else _lines(blocks, last))


def _lines(blocks: tuple[Block, ...], last: bool) -> list[str]:
    """Return the code of blocks with their hooks. In the `last` cell, the block that completes the answer has none."""
    lines: list[str] = []
    for place, block in enumerate(blocks, start=1):
        lines.append(block.code)
        completes = last and place == len(blocks)
        if not completes and (hook := _hook(block)):
            lines.append(hook)
    return lines


def _hook(block: Block) -> str | None:
    """Return the hook call that shows an intermediate value, or None for the answer itself."""
    if isinstance(block.step, Join) or block.result == "answer":
        return None
    if isinstance(block.step, Derivation):
        return f"hook({block.step.name!r}, {block.result}[{block.step.name!r}].head(3).tolist())"
    if block.part is not None:
        return f"hook({block.part!r}, {block.result})"
    if isinstance(block.step, Filter | Group | GroupChange):
        return f"hook({block.result!r}, len({block.result}))"
    return f"hook({block.result!r}, {block.result})"
