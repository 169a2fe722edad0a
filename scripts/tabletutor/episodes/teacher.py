"""The `program` teacher: turn a question's program into the cells that an analyst would write.

The first turn states the plan and looks at what the plan needs to know: the first rows of its columns, the values of
the categories that it names, the number of missing values. The next turn draws a conclusion from that. One or two cells
do the work: every intermediate value goes through `hook` with the values it depends on, and the last cell submits. The
plan comes first because it determines what to look at. A small model that looks first guesses the columns, and then
plans with the ones it saw.
"""

from collections.abc import Sequence

from tabletutor.episodes.script import Script, ScriptedTurn
from tabletutor.programs.describe import describe
from tabletutor.programs.grammar import (
    BestWithin,
    Derivation,
    Filter,
    Group,
    GroupChange,
    Impute,
    Join,
    Missing,
    MissingShare,
    OneOf,
    Pivot,
    Program,
    Where,
    all_steps,
    columns_used,
    step_columns,
)
from tabletutor.programs.pandas_source import Block, render
from tabletutor.records.table import ColumnProfile, TableProfile

WORK = "Now I compute it."
FINISH = "Now the last step."
SUBMIT = "That is the answer."
SHORT_PROGRAM = 2  # most blocks in one cell
SHOWN_COLUMNS = 4
SHOWN_ROWS = 3
SHOWN_VALUES = 8  # of a category


def gold_script(program: Program, profile: TableProfile) -> Script:
    """Return the script that answers the question correctly."""
    return Script((plan_turn(program, profile), *work_turns(program, decision(program, profile))))


def plan_turn(program: Program, profile: TableProfile) -> ScriptedTurn:
    """Return the first turn: the plan, and code that shows what the plan needs to know of its columns."""
    columns = list(columns_used(program))[:SHOWN_COLUMNS]
    if not columns:
        return ScriptedTurn(describe(program), f"df.head({SHOWN_ROWS})")
    lines = [f"print(df[{name!r}].unique()[:{SHOWN_VALUES}].tolist())" for name in _named_categories(program, profile)]
    if gaps := [column.name for column in _incomplete(program, profile)]:
        lines.append(f"print(df[{gaps!r}].isna().sum())")
    return ScriptedTurn(describe(program), "\n".join([*lines, f"df[{columns!r}].head({SHOWN_ROWS})"]))


def decision(program: Program, profile: TableProfile) -> str:
    """Return the conclusion from the first look, as the thought before the work: what happens to missing values."""
    gaps = _incomplete(program, profile)
    if not gaps:
        return WORK
    column = gaps[0]
    known = (
        f"{column.missing} values of {column.name!r} are" if column.missing > 1 else f"1 value of {column.name!r} is"
    )
    steps = [step for step in all_steps(program) if column.name in step_columns(step)]
    if any(isinstance(step, Missing | Impute | MissingShare) for step in steps):
        return f"{known} missing, as the plan expects."
    if any(isinstance(step, Group | Pivot | BestWithin) and step.by == column.name for step in steps):
        return f"{known} missing; these rows form no group."
    if any(isinstance(step, Filter) for step in steps):
        return f"{known} missing; these rows meet no condition."
    return f"{known} missing and left out."


def work_turns(program: Program, thought: str = WORK) -> tuple[ScriptedTurn, ...]:
    """Return the turns after the plan: one cell for a short program, otherwise two.

    The second cell has the last block, or the join and the blocks after it.
    """
    blocks = render(program)
    if len(blocks) <= SHORT_PROGRAM:
        return (single_turn(program, thought),)
    lines = _lines(blocks)
    start = next((place for place, block in enumerate(blocks) if isinstance(block.step, Join)), len(blocks) - 1)
    return (
        ScriptedTurn(thought, "\n".join(lines[:start])),
        ScriptedTurn(FINISH, "\n".join([*lines[start:], "submit(answer)"])),
    )


def single_turn(program: Program, thought: str = WORK) -> ScriptedTurn:
    """Return a turn that runs the whole program in one cell and submits."""
    return ScriptedTurn(thought, "\n".join([*_lines(render(program)), "submit(answer)"]))


def preview_turn(program: Program, thought: str = WORK) -> ScriptedTurn:
    """Return a turn that runs the whole program and shows the answer without submitting it."""
    return ScriptedTurn(thought, "\n".join([*_lines(render(program)), "hook('answer', answer)"]))


def correction_turns(program: Program, excuse: str, corrects: int, preview: bool) -> tuple[ScriptedTurn, ...]:
    """Return the turns that correct turn `corrects`. `excuse` is a sentence that says what was wrong in it.

    `preview`: show the answer before submitting it. A script that previewed its wrong answer must preview the right one
    too, or a preview would be a sign of a mistake.
    """
    reasoning = f"{excuse} {describe(program)}"
    if not preview:
        return (ScriptedTurn(reasoning, single_turn(program).code, corrects),)
    return (ScriptedTurn(reasoning, preview_turn(program).code, corrects), ScriptedTurn(SUBMIT, "submit(answer)"))


def _named_categories(program: Program, profile: TableProfile) -> list[str]:
    """Return the text columns whose values the program names, in order of first use."""
    named = [step.column for step in all_steps(program) if isinstance(step, Where | OneOf)]
    texts = {column.name for column in profile.columns if column.kind in ("category", "text")}
    return [name for name in dict.fromkeys(named) if name in texts]


def _incomplete(program: Program, profile: TableProfile) -> list[ColumnProfile]:
    """Return the columns of the program in which some values are missing, in order of first use."""
    columns = {column.name: column for column in profile.columns}
    return [columns[name] for name in columns_used(program) if name in columns and columns[name].missing]


def _lines(blocks: Sequence[Block]) -> list[str]:
    """Return the source of each block, with the hook call that shows its value. The answer itself has none."""
    lines: list[str] = []
    shown: dict[str, None] = {}  # names of hooks so far
    for place, block in enumerate(blocks):
        following = blocks[place + 1] if place + 1 < len(blocks) else None
        skipped = following is None or _is_same_filter(block, following)
        hook = None if skipped else _hook(block, shown)
        lines.append(block.code if hook is None else f"{block.code}\n{hook}")
    return lines


def _is_same_filter(block: Block, following: Block) -> bool:
    """Return whether the next block filters the same rows further, so that their number is not yet of interest."""
    both = isinstance(block.step, Filter) and isinstance(following.step, Filter)
    return both and block.result == following.result


def _hook(block: Block, shown: dict[str, None]) -> str | None:
    """Return the hook call that shows an intermediate value, or None for the answer itself. Add its name to `shown`."""
    if isinstance(block.step, Join) or block.result == "answer":
        return None
    read = dict.fromkeys((*block.reads, *step_columns(block.step)))
    parents = [name for name in read if name in shown]
    if isinstance(block.step, Derivation):
        name, value = block.step.name, f"{block.result}[{block.step.name!r}].head(3).tolist()"
    elif block.part is not None:
        name, value = block.part, block.result
    elif isinstance(block.step, Filter | Group | GroupChange):
        name, value = block.result, f"len({block.result})"
    else:
        name, value = block.result, block.result
    shown.setdefault(name)
    depends = f", depends_on={parents!r}" if parents else ""
    return f"hook({name!r}, {value}{depends})"
