"""The notebook program of the plain Python peers; it also writes the table.

python sandbox_notebook.py table PARQUET MEGABYTES
python sandbox_notebook.py process PARQUET tuned|untuned           (cells come over standard input)
python sandbox_notebook.py fork PARQUET tuned|untuned SOCKET       (a fork for each connection to the socket)

Tuned means what the sandbox does in its warm parent: the environment (set by the caller), the reader of
`tabletutor.sandbox.guest.frame`, `gc.freeze`, huge pages, and returning freed memory after a cell. Untuned means
pandas with its defaults.
A cell is sent as its length (four bytes) and its text. The answer is a length, one byte (0: it raised) and the output.
"""

import ast
import contextlib
import gc
import io
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

ROWS_PER_MB = 7000
_TRIM_SECONDS = 0.002  # as in the sandbox's worker


def write_table(parquet: Path, megabytes: int) -> None:
    """Write a deterministic table (eight columns of numbers, three of text, two of dates) and print its size."""
    rows = megabytes * ROWS_PER_MB
    source = np.random.default_rng(0)
    columns: dict[str, Any] = {f"n{number}": source.normal(number, 1 + number, rows) for number in range(6)}
    columns["k"] = source.integers(0, 10, rows)
    columns["count"] = source.poisson(20, rows)
    columns["g"] = np.array([f"group {letter}" for letter in "abcdefghijkl"])[source.integers(0, 12, rows)]
    columns["city"] = np.array([f"city number {number}" for number in range(200)])[source.integers(0, 200, rows)]
    columns["code"] = [f"{number:06d}-{number % 7}" for number in range(rows)]
    columns["day"] = np.datetime64("2015-01-01", "us") + source.integers(0, 3650, rows) * np.timedelta64(86400, "s")
    columns["seen"] = np.datetime64("2020-01-01", "us") + source.integers(0, 10**14, rows) * np.timedelta64(1, "us")
    frame = pd.DataFrame(columns)
    frame.to_parquet(parquet)
    print(f"{rows:,} rows, {len(columns)} columns, {frame.memory_usage(deep=True).sum() / 1e6:.0f} MB as a frame")


def load(parquet: Path, tuned: bool) -> pd.DataFrame:
    """Return the table, read by the sandbox's reader or with pandas' defaults."""
    if not tuned:
        return pd.read_parquet(parquet)
    from tabletutor.sandbox.guest.frame import read_frame

    return read_frame(parquet)


def serve(requests: BinaryIO, answers: BinaryIO, frame: pd.DataFrame, trim: Callable[[], None] | None) -> None:
    """Send a ready message, then run cells until the host closes the connection."""
    namespace: dict[str, Any] = {"__name__": "__main__", "df": frame, "pd": pd, "np": np}
    _send(answers, b"1" + str(os.getpid()).encode())
    while len(head := requests.read(4)) == 4:
        code = requests.read(int.from_bytes(head, "big")).decode()
        begun = time.monotonic()
        _send(answers, run(code, namespace))
        if trim is not None and time.monotonic() - begun > _TRIM_SECONDS:
            trim()


def run(code: str, namespace: dict[str, Any]) -> bytes:
    """Run one cell, and print the value of a last expression."""
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output):
            tree = ast.parse(code)
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, "<cell>", "exec"), namespace)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), namespace)
                if value is not None:
                    print(repr(value))
    except Exception:  # noqa: BLE001  a cell can raise anything
        return b"0" + traceback.format_exc().encode()
    return b"1" + output.getvalue().encode()


def fork(frame: pd.DataFrame, place: str, trim: Callable[[], None] | None) -> None:
    """Fork a session for each connection, until standard input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps the sessions
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(place)
        server.listen(64)
        _send(sys.stdout.buffer, b"1")
        while sys.stdin not in select.select([sys.stdin, server], [], [])[0]:
            connection, _ = server.accept()
            if os.fork() == 0:
                server.close()
                with connection.makefile("rwb") as stream:
                    serve(stream, stream, frame, trim)
                os._exit(0)
            connection.close()


def _send(stream: BinaryIO, body: bytes) -> None:
    stream.write(len(body).to_bytes(4, "big") + body)
    stream.flush()


def main(role: str, parquet: Path, *rest: str) -> None:
    """Run as `role` says."""
    if role == "table":
        write_table(parquet, int(rest[0]))
        return
    tuned = rest[0] == "tuned"
    frame = load(parquet, tuned)
    trim = None
    if tuned:
        from tabletutor.sandbox.layers import kernel

        trim = kernel.trim_heap
        gc.collect()
        if role == "fork":
            kernel.use_huge_pages()
        gc.freeze()
    if role == "fork":
        fork(frame, rest[1], trim)
    else:
        serve(sys.stdin.buffer, sys.stdout.buffer, frame, trim)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
