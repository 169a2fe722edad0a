"""Run a program with DuckDB, as SQL."""

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tabletutor.programs import grammar as g
from tabletutor.programs.answers import Scalar, to_answer, to_key
from tabletutor.programs.duckdb_sql import Column, Plan, compile_chain
from tabletutor.programs.typecheck import Kind, answer_kind

KINDS: dict[Any, Kind] = {
    pa.int64(): "integer",
    pa.float64(): "number",
    pa.bool_(): "boolean",
    pa.string(): "text",
    pa.large_string(): "text",
    pa.timestamp("us"): "date",
    pa.null(): "empty",
}
TIE = 1e-9


def connect(parquet: Path) -> duckdb.DuckDBPyConnection:
    """Return a database in memory that holds the table.

    Table `t` has the columns c0, c1, … and `place`, the row's number; table `headers` has the header and kind of each
    column. The database runs one thread and cannot reach files or the network. Raises TypeError for a column of a type
    that the tables stage does not write.
    """
    table: Any = pq.ParquetFile(parquet).read()
    headers: list[tuple[int, str, str]] = []
    for index, field in enumerate(table.schema):
        if field.type not in KINDS:
            raise TypeError(f"{parquet}: column {field.name!r} is {field.type}, none of {', '.join(map(str, KINDS))}")
        headers.append((index, field.name, KINDS[field.type]))
    connection = duckdb.connect(
        ":memory:", config={"threads": 1, "python_enable_replacements": False, "preserve_insertion_order": True}
    )
    connection.register("source", table.rename_columns([f"c{index}" for index, _, _ in headers]))
    connection.execute("CREATE TABLE t AS SELECT *, row_number() OVER () AS place FROM source")
    connection.unregister("source")
    connection.execute("CREATE TABLE headers (index INTEGER, header VARCHAR, kind VARCHAR)")
    if headers:
        connection.executemany("INSERT INTO headers VALUES ($1, $2, $3)", headers)
    connection.execute("SET enable_external_access = false; SET lock_configuration = true")
    return connection


def run(program: g.Program, connection: duckdb.DuckDBPyConnection) -> Any:
    """Return the program's answer as JSON.

    Raises `NoAnswer` if this table has no single answer, `IllTypedError` if the program does not fit the table.
    """
    rows = connection.execute("SELECT index, header, kind FROM headers ORDER BY index").fetchall()
    columns = {header: Column(f"c{index}", kind) for index, header, kind in rows}
    answer_kind(program, {header: column.kind for header, column in columns.items()})
    if program.parts:
        chains = {part.name: (*program.steps, *part.steps) for part in program.parts}
        return {name: _execute(compile_chain(steps, columns), connection) for name, steps in chains.items()}
    answer = _execute(compile_chain(program.steps, columns), connection)
    if program.join is not None:
        answer = _combine(program.join, answer, _execute(compile_chain(program.other, columns), connection))
    for step in program.after:
        answer = _round(step, answer)
    return answer


def _execute(plan: Plan, connection: duckdb.DuckDBPyConnection) -> Any:
    try:
        for check in plan.checks:
            ((reason,),) = connection.execute(check.sql, list(check.parameters)).fetchall()
            if reason is not None:
                raise g.NoAnswer(reason, check.sql)
        rows = connection.execute(plan.result.sql, list(plan.result.parameters)).fetchall()
    except duckdb.OutOfRangeException as error:  # DuckDB's error for a result that overflows
        raise g.NoAnswer("no_answer", str(error)) from error
    if plan.shape == "mapping":
        return {to_key(name): to_answer(value) for name, value in rows}
    if plan.shape == "table":
        table: dict[str, dict[str, Scalar]] = {}
        for name, across, value in rows:
            table.setdefault(to_key(name), {})[to_key(across)] = to_answer(value)
        return table
    if plan.shape == "list":
        return [to_answer(value) for (value,) in rows]
    if plan.finish is not None:
        rows = [(plan.finish(row),) for row in rows] or [(None,)]
    ((value,),) = rows
    answer = to_answer(value)
    for step in plan.rounds:
        answer = _round(step, answer)
    return answer


def _round(step: g.Round, number: Any) -> Scalar:
    if step.half == "even" or (isinstance(number, int) and step.decimals >= 0):
        return to_answer(round(number, step.decimals))
    unit = Fraction(10) ** -step.decimals
    magnitude = math.floor(abs(Fraction(str(number))) / unit + Fraction(1, 2)) * unit
    return to_answer(type(number)(-magnitude if number < 0 else magnitude))


def _combine(join: g.Join, left: Any, right: Any) -> Scalar:
    """Join two numbers. Integers are compared exactly; floats are equal within a relative 1e-9."""
    difference = left - right
    tolerance = 0 if isinstance(left, int) and isinstance(right, int) else TIE * max(abs(left), abs(right))
    equal = abs(difference) <= tolerance
    if join.operator == "difference":
        return to_answer(difference)
    if join.operator == "greater":
        return difference > 0 and not equal
    if join.operator == "larger_name":
        if equal or join.names is None:
            raise g.NoAnswer("tie", f"{left} and {right}")
        return join.names[int(difference < 0)]
    if right == 0:
        raise g.NoAnswer("no_answer", f"{left} by zero")
    return to_answer(100 * left / right if join.operator == "percent" else left / right)
