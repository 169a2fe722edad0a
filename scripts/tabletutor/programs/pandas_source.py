"""Write a program as pandas source: one small block per step, as an analyst would write it in a notebook.

Headers and values enter the source only through `repr`, so they stay literals whatever they hold. The blocks run in
the sandbox, where `df`, `pd` and `np` are defined. They are both the third engine and the code that the teacher writes.
"""

from collections.abc import Iterator
from typing import NamedTuple, assert_never

from tabletutor.programs import grammar as g

DATE_PARTS = {
    "year": "dt.year",
    "month": "dt.month",
    "quarter": "dt.quarter",
    "day": "dt.day",
    "hour": "dt.hour",
    "weekday": "dt.day_name()",
}
TEXT_PARTS = {"length": "str.len()", "words": "str.split().str.len()", "first_word": "str.split().str[0]"}


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
            yield Block(step, f"{rows} = {_filter(step, frame)}", rows)
            frame = rows
        elif isinstance(step, g.Derivation):
            target = f"{frame}[{step.name!r}]"
            yield Block(step, f"{target} = {_derivation(step, frame)}", frame)
        elif isinstance(step, g.Group):
            yield Block(step, f"{groups} = {_group(step, frame)}", groups)
        elif isinstance(step, g.Keep):
            yield Block(step, f"{groups} = {groups}[{groups} {step.comparison} {step.value!r}]", groups)
        elif isinstance(step, g.Round):
            yield Block(step, f"{scalar} = round({scalar}, {step.decimals})", scalar)
        elif isinstance(step, g.Reduction):
            yield Block(step, f"{scalar} = {_reduction(step, frame)}", scalar)
        else:
            yield Block(step, f"{scalar} = {_group_reduction(step, groups)}", scalar)


def _condition(column: str, comparison: str, value: float | str | bool, frame: str) -> str:
    series = f"{frame}[{column!r}]"
    test = f"{series} {comparison} {value!r}"
    return f"{series}.notna() & ({test})" if comparison == "!=" else test


def _filter(step: g.Filter, frame: str) -> str:
    match step:
        case g.Where():
            return f"{frame}[{_condition(step.column, step.comparison, step.value, frame)}]"
        case g.OneOf():
            return f"{frame}[{frame}[{step.column!r}].isin({list(step.values)!r})]"
        case g.Contains():
            return f"{frame}[{frame}[{step.column!r}].str.contains({step.text!r}, regex=False, na=False)]"
        case g.Missing():
            return f"{frame}[{frame}[{step.column!r}].{'notna' if step.negated else 'isna'}()]"
        case g.BeyondStatistic():
            series = f"{frame}[{step.column!r}]"
            return f"{frame}[{series} {step.comparison} {series}.{step.statistic}()]"
        case g.Top():
            return f"{frame}.n{step.direction}({step.n}, {step.column!r})"
        case _:
            assert_never(step)


def _derivation(step: g.Derivation, frame: str) -> str:
    match step:
        case g.DatePart():
            return f"{frame}[{step.column!r}].{DATE_PARTS[step.part]}"
        case g.TextPart():
            return f"{frame}[{step.column!r}].{TEXT_PARTS[step.part]}"
        case g.Arithmetic():
            plain = f"{frame}[{step.left!r}] {step.operator} {frame}[{step.right!r}]"
            return (
                f"{frame}[{step.left!r}] / {frame}[{step.right!r}].replace(0, np.nan)"
                if step.operator == "/"
                else plain
            )
        case g.DaysBetween():
            return f"({frame}[{step.end!r}] - {frame}[{step.start!r}]).dt.days"
        case _:
            assert_never(step)


def _group(step: g.Group, frame: str) -> str:
    groups = f"{frame}.groupby({step.by!r})"
    if step.column is None:
        return f"{groups}.size()"
    if step.aggregation == "sum":
        return f"{groups}[{step.column!r}].sum(min_count=1)"
    return f"{groups}[{step.column!r}].{step.aggregation}()"


def _reduction(step: g.Reduction, frame: str) -> str:
    match step:
        case g.Count():
            return f"len({frame})"
        case g.Aggregate():
            return f"{frame}[{step.column!r}].{step.aggregation}()"
        case g.Quantile():
            return f"{frame}[{step.column!r}].quantile({step.q!r})"
        case g.Span():
            return f"{frame}[{step.column!r}].max() - {frame}[{step.column!r}].min()"
        case g.Share():
            return f"({_condition(step.column, step.comparison, step.value, frame)}).mean() * 100"
        case g.MissingShare():
            return f"{frame}[{step.column!r}].isna().mean() * 100"
        case g.MostFrequent():
            return f"{frame}[{step.column!r}].value_counts().idxmax()"
        case g.Lookup():
            best = "idxmax" if step.direction == "largest" else "idxmin"
            return f"{frame}.loc[{frame}[{step.column!r}].{best}(), {step.target!r}]"
        case g.ListOf():
            return f"{frame}[{step.column!r}].tolist()"
        case g.Distinct():
            return f"sorted({frame}[{step.column!r}].dropna().unique())"
        case g.Correlation():
            return f"{frame}[{step.left!r}].corr({frame}[{step.right!r}])"
        case _:
            assert_never(step)


def _group_reduction(step: g.GroupReduction, groups: str) -> str:
    match step:
        case g.BestGroup(direction=direction, rank=1):
            return f"{groups}.{'idxmax' if direction == 'largest' else 'idxmin'}()"
        case g.BestGroup():
            return f"{groups}.sort_values(ascending={step.direction == 'smallest'}).index[{step.rank - 1}]"
        case g.BestValue():
            return f"{groups}.{'max' if step.direction == 'largest' else 'min'}()"
        case g.TopGroups():
            return f"{groups}.n{step.direction}({step.n}).index.tolist()"
        case g.GroupCount():
            return f"len({groups})"
        case g.GroupSpread():
            return f"{groups}.max() - {groups}.min()"
        case g.GroupShare():
            return f"{groups}.max() / {groups}.sum() * 100"
        case g.GroupNames():
            return f"sorted({groups}.index)"
        case g.GroupMapping():
            return f"{groups}.to_dict()"
        case _:
            assert_never(step)


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
