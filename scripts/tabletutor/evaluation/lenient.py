"""A lenient reading of attempts: an attempt that submitted nothing answers with the last value that it showed.

A base model that does not know `submit` often computes the right value and only shows it. Its cells are run again, and
the last expression of the last cell that ran is submitted for it. No model is loaded.
"""

import ast
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.records.episode import Prediction, Trace
from tabletutor.records.record import read_records, write_records
from tabletutor.sandbox.host.pool import Sandbox
from tabletutor.telemetry.progress import progress_of


def read_leniently(
    run: str, sandbox: SandboxConfig, *, attempts: Path, parquets: Mapping[str, Path], output: Path
) -> int:
    """Write the attempts as the predictions of `run`, each with the answer of its lenient reading; return their number.

    Raises ValueError if the table of an attempt is not in `parquets`.
    """
    by_table: defaultdict[str, list[Prediction]] = defaultdict(list)
    predictions = read_records(attempts, Prediction)
    for attempt in predictions:
        by_table[attempt.table].append(attempt)
    if unknown := sorted(by_table.keys() - parquets.keys()):
        raise ValueError(f"{attempts}: table {unknown[0]} is not in this split; make the predictions again")
    read: list[Prediction] = []
    with progress_of(f"lenient {run}", len(predictions)) as progress:
        for table, own in sorted(by_table.items()):
            with Sandbox(parquets[table], sandbox) as box, ThreadPoolExecutor(sandbox.sessions) as pool:
                for attempt, trace in zip(own, pool.map(lambda each: lenient_trace(each, box), own), strict=True):
                    read.append(replace(attempt, run=run, trace=trace))
                    progress.advance()
    return write_records(output, sorted(read, key=lambda each: (each.question_id, each.sample)))


def lenient_trace(attempt: Prediction, box: Sandbox) -> Trace:
    """Return the trace of an attempt as if it had submitted the value that its last cell shows, where it can be.

    That is the value of the last expression of the last cell that ran without an error. The trace is unchanged if it
    submitted an answer, if that cell does not end in an expression, if the value cannot be an answer, or if a time-out
    interrupted an earlier cell, whose effects depend on the clock. Raises ValueError if a time-out stops a cell that
    it did not stop in the attempt.
    """
    trace = attempt.trace
    ran = [index for index, turn in enumerate(trace.turns) if turn.code and turn.error is None]
    if trace.ended == "submit" or not ran:
        return trace
    *before, last = trace.turns[: ran[-1] + 1]
    code = submit_last_value(last.code)
    if code is None or any(turn.interrupted is True for turn in before):
        return trace
    value: Any = None
    with box.session(attempt.question_id) as session:
        for cell in (*(turn.code for turn in before if turn.code), code):
            result = session.run(cell)
            if result.interrupted or result.ended == "time":
                raise ValueError(
                    f"question {attempt.question_id}, run {attempt.run}: a cell that ran in time before now takes too "
                    "long; raise the limits in section `sandbox` of the configuration and run again"
                )
            if result.ended != "open":
                value = result.answer
                break
    return trace if value is None else replace(trace, ended="submit", answer=value)


def submit_last_value(code: str) -> str | None:
    """Return a cell with its last expression submitted; None if it does not end in an expression that has a value.

    Of `print(value)` and `hook(name, value)`, which only show it, the value is submitted.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        return None
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        return None
    value = _shown_value(last.value)
    if value is None:
        return None
    last.value = ast.Call(ast.Name("submit", ast.Load()), [value], [])
    return ast.unparse(ast.fix_missing_locations(tree))


def _shown_value(expression: ast.expr) -> ast.expr | None:
    """Return the expression whose value is shown; None if `print` or `hook` are called with other arguments."""
    if not (isinstance(expression, ast.Call) and isinstance(expression.func, ast.Name)):
        return expression
    arguments = expression.args
    if any(isinstance(argument, ast.Starred) for argument in arguments):
        return None if expression.func.id in ("print", "hook") else expression
    match expression.func.id:
        case "print":
            return arguments[0] if len(arguments) == 1 else None
        case "hook":
            return arguments[1] if len(arguments) > 1 else None
        case _:
            return expression
