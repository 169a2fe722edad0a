"""A notebook in plain Python, the reference for benign cells. `test_sandbox_benign.py` runs it as a program.

`python plain_notebook.py TABLE.parquet < cells.json` runs the cells one after the other and prints, as JSON, the text
and the error of each. No sandbox, no limits: of tabletutor it uses the display options and the reader alone.
"""

import ast
import io
import json
import linecache
import os
import random
import sys
import tempfile
import traceback
import types
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from tabletutor.sandbox.guest.frame import read_frame
from tabletutor.sandbox.guest.notebook import set_display


def main() -> None:
    """Read cells from standard input, run them in one namespace and print their results."""
    cells: list[str] = json.load(sys.stdin)
    replies = os.dup(1)
    notebook = types.ModuleType("__main__")
    vars(notebook).update(df=read_frame(Path(sys.argv[1])), pd=pd, np=np)
    sys.modules["__main__"] = notebook
    set_display()
    warnings.simplefilter("ignore")
    random.seed(0)
    np.random.seed(0)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        sys.stdout = sys.stderr = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8", write_through=True)
        results: list[tuple[str, str | None]] = []
        for number, code in enumerate(cells, start=1):
            error = run(f"<cell {number}>", code, vars(notebook))
            sys.stdout.flush()
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            results.append((file.read(size).decode(), error))
            file.seek(0)
            file.truncate()
    with os.fdopen(replies, "w", encoding="utf-8") as stream:
        json.dump(results, stream)


def run(name: str, code: str, namespace: dict[str, object]) -> str | None:
    """Run one cell and print the value of a last expression; return the traceback if the cell raised."""
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    tree = ast.parse(code, name)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    try:
        exec(compile(tree, name, "exec", dont_inherit=True), namespace)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), name, "eval", dont_inherit=True), namespace)
            if value is not None:
                print(repr(value))
    except Exception:  # noqa: BLE001  a cell can raise anything; the test reports it
        return traceback.format_exc()
    return None


if __name__ == "__main__":
    main()
