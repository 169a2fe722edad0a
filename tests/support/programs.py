"""Programs run on a table by the three engines, and their answers compared."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tabletutor.programs import duckdb_engine, polars_engine
from tabletutor.programs import grammar as g
from tabletutor.programs.pandas_source import source
from tabletutor.sandbox.guest.frame import read_frame
from tabletutor.sandbox.guest.values import to_json

Engine = Callable[[g.Program], Any]


def engines(folder: Path, table: pa.Table) -> dict[str, Engine]:
    """Return Polars and DuckDB for one table; each reads the Parquet file itself."""
    path = folder / "table.parquet"
    pq.write_table(table, path)
    frame, connection = polars_engine.load(path), duckdb_engine.connect(path)
    return {"polars": lambda p: polars_engine.run(p, frame), "duckdb": lambda p: duckdb_engine.run(p, connection)}


def pandas_engine(folder: Path) -> Engine:
    """Return the third engine for the table that `engines` has written to the folder."""
    frame = read_frame(folder / "table.parquet")
    return lambda program: submitted(program, frame)


def submitted(program: g.Program, frame: pd.DataFrame) -> Any:
    """Return what the pandas source of a program submits. It runs in this process, since no stranger wrote it."""
    answers: list[Any] = []
    names = {"df": frame.copy(), "pd": pd, "np": np, "submit": answers.append}
    exec(compile(source(program), "program", "exec"), names)
    (answer,) = answers
    return to_json(answer)


def outcome(engine: Engine, program: g.Program) -> Any:
    """Return the answer, or the `NoAnswer` that was raised."""
    try:
        return engine(program)
    except g.NoAnswer as refusal:
        return refusal


def agree(one: Any, other: Any) -> bool:
    """Return whether type and value are equal; floats within 1e-9, for different orders of summation."""
    if isinstance(one, g.NoAnswer) or isinstance(other, g.NoAnswer):
        return type(one) is type(other) and one.reason == other.reason
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(agree(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(agree(one[key], other[key]) for key in one)
    return type(one) is type(other) and one == other


def matches(answer: Any, expected: Any) -> bool:
    """Return whether both agree, but that pandas has floats for integers beside missing values."""
    if isinstance(answer, float) and isinstance(expected, int) and not isinstance(expected, bool):
        return math.isclose(answer, expected, rel_tol=1e-9)
    if isinstance(answer, list) and isinstance(expected, list):
        return len(answer) == len(expected) and all(map(matches, answer, expected))
    if isinstance(answer, dict) and isinstance(expected, dict):
        answer = {key.removesuffix(".0"): value for key, value in answer.items()}
        return answer.keys() == expected.keys() and all(matches(answer[key], expected[key]) for key in answer)
    return agree(answer, expected)
