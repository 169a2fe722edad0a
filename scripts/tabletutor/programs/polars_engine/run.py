"""Load a table and run a whole program with Polars."""

from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import Any

import polars as pl

from tabletutor.programs import grammar as g
from tabletutor.programs.answers import to_answer
from tabletutor.programs.polars_engine.derivations import derive
from tabletutor.programs.polars_engine.groups import change_groups, make_groups, reduce_groups
from tabletutor.programs.polars_engine.ranking import is_tie
from tabletutor.programs.polars_engine.reductions import reduce_rows
from tabletutor.programs.polars_engine.rows import filter_rows
from tabletutor.programs.typecheck import Kind, answer_kind

KINDS: dict[Any, Kind] = {
    pl.Int64: "integer",
    pl.Float64: "number",
    pl.Boolean: "boolean",
    pl.String: "text",
    pl.Datetime("us"): "date",
    pl.Null: "empty",
}

_PRECISE = Context(prec=400)  # enough for any double


def load(parquet: Path) -> pl.DataFrame:
    """Return the table in memory. Raises TypeError for a column of a type that the tables stage does not write."""
    frame = pl.read_parquet(parquet, glob=False, hive_partitioning=False)
    for header, dtype in frame.schema.items():
        if dtype not in KINDS:
            raise TypeError(f"{parquet}: column {header!r} is {dtype}, none of {', '.join(map(str, KINDS))}")
    return frame


def run(program: g.Program, frame: pl.DataFrame) -> Any:
    """Return the program's answer as JSON.

    Raises `NoAnswer` if this table has no single answer, `IllTypedError` if the program does not fit the table.
    """
    answer_kind(program, {header: KINDS[dtype] for header, dtype in frame.schema.items()})
    if program.parts:
        return {part.name: _chain((*program.steps, *part.steps), frame) for part in program.parts}
    answer: Any = _chain(program.steps, frame)
    if program.join is not None:
        answer = _join(program.join, answer, _chain(program.other, frame))
    for step in program.after:
        answer = _round(step, answer)
    return answer


def _chain(steps: tuple[g.Step, ...], frame: pl.DataFrame) -> Any:
    headers, groups = frame.columns, pl.DataFrame()
    answer: Any = None
    for step in steps:
        if isinstance(step, g.Filter):
            frame = filter_rows(step, frame, headers)
        elif isinstance(step, g.Derivation):
            frame = derive(step, frame)
        elif isinstance(step, g.Reduction):
            answer = reduce_rows(step, frame)
        elif isinstance(step, g.Group):
            groups = make_groups(step, frame)
        elif isinstance(step, g.GroupChange):
            groups = change_groups(step, groups)
        elif isinstance(step, g.GroupReduction):
            answer = reduce_groups(step, groups)
        else:
            answer = _round(step, answer)
    return answer


def _round(step: g.Round, number: Any) -> Any:
    if step.half == "even" or (isinstance(number, int) and step.decimals >= 0):
        return to_answer(round(number, step.decimals))
    place = Decimal(1).scaleb(-step.decimals)
    rounded = Decimal(repr(number)).quantize(place, ROUND_HALF_UP, _PRECISE)
    return to_answer(int(rounded) if isinstance(number, int) else float(rounded))


def _join(join: g.Join, left: Any, right: Any) -> Any:
    match join.operator:
        case "difference":
            return to_answer(left - right)
        case "ratio" | "percent":
            if right == 0:
                raise g.NoAnswer("no_answer", "division by zero")
            return to_answer((100 if join.operator == "percent" else 1) * left / right)
        case "greater":
            return left > right and not is_tie(left, right)
        case "larger_name":
            if is_tie(left, right):
                raise g.NoAnswer("tie", f"{left} and {right} are equal")
            assert join.names is not None
            return join.names[0] if left > right else join.names[1]
