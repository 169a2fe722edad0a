"""The notebook in a session: runs cells in one namespace and collects their hooks and the answer."""

import ast
import builtins
import os
import random
import signal
import sys
import threading
import traceback
import types
import warnings
from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from tabletutor.records.episode import Hook
from tabletutor.sandbox.guest import errors
from tabletutor.sandbox.guest.hooks import make_hook
from tabletutor.sandbox.guest.output import Output
from tabletutor.sandbox.guest.values import to_json
from tabletutor.sandbox.protocol.frames import MAX_HOOK_BYTES, MAX_HOOKS
from tabletutor.sandbox.protocol.result import CellResult

_MAX_NAME = 200


class TimeLimit(BaseException):
    """The soft time-out. Not an Exception, so that a cell's `except Exception` does not catch it."""


def set_display() -> None:
    """Set short and fixed display options: at most 12 rows and columns, 120 characters wide, four decimals."""
    for name, value in (
        ("max_rows", 12), ("min_rows", 12), ("max_columns", 12), ("width", 120), ("precision", 4), ("max_colwidth", 40),
    ):  # fmt: skip
        pd.set_option(f"display.{name}", value)
    np.set_printoptions(
        precision=6, threshold=60, edgeitems=5, linewidth=120, legacy="1.25"
    )  # prints 0.5, not np.float64(0.5)


def _print_thread_error(failure: threading.ExceptHookArgs) -> None:
    if failure.exc_value is not None:
        print(errors.describe(failure.exc_value))  # noqa: T201  goes to the cell's output


class Notebook:
    """The state of one session: its namespace, and the hooks and answers of the running cell.

    Created in the warm parent, so that a session starts with it.
    """

    def __init__(self, frame: pd.DataFrame | None, soft_seconds: float) -> None:
        self._soft_seconds = soft_seconds
        self._running = False
        self._hooks: list[Hook] = []
        self._hook_bytes = 0
        self._answers: list[Any] = []
        self._builtins = dict(builtins.__dict__)
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        self._namespace = vars(module)
        self._namespace.update(__builtins__=builtins, pd=pd, np=np, hook=self._hook, submit=self._submit)
        if frame is not None:
            self._namespace["df"] = frame
        warnings.simplefilter("ignore")
        sys.unraisablehook = lambda _: None  # prints addresses and paths, at times that depend on the garbage collector
        threading.excepthook = _print_thread_error
        signal.signal(signal.SIGALRM, self._on_alarm)

    @staticmethod
    def seed() -> None:
        """Seed `random` and `np.random` with the same seeds in every session."""
        random.seed(0)
        np.random.seed(0)

    def run(self, number: int, code: str, output: Output) -> CellResult:
        """Run a cell until it ends, raises or reaches the soft time-out. Names that it binds stay for later cells."""
        self._hooks, self._answers, self._hook_bytes = [], [], 0
        pid = os.getpid()
        output.open()
        error_text: str | None = None
        interrupted = False
        try:
            try:
                self._running = True
                signal.setitimer(signal.ITIMER_REAL, self._soft_seconds, 0.25)
                self._execute(f"<cell {number}>", code)
            finally:
                self._running = False
                signal.setitimer(signal.ITIMER_REAL, 0)
        except BaseException as error:  # noqa: BLE001  SystemExit and KeyboardInterrupt are errors of the cell too
            self._running = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            builtins.__dict__.update(self._builtins)
            interrupted = isinstance(error, TimeLimit)
            error_text = self._describe(error)
            del error  # frees the objects in its frames
        finally:
            if os.getpid() != pid:
                os._exit(0)  # a child that the cell forked must not reply
            builtins.__dict__.update(self._builtins)  # the reply needs builtins that the cell may have patched
        stdout, truncated = output.take()
        submitted = len(self._answers) > 0
        return CellResult(
            stdout=stdout,
            error=error_text,
            hooks=tuple(self._hooks),
            submitted=submitted,
            answer=self._answers[0] if submitted else None,
            ended="submit" if submitted else "open",
            truncated=truncated,
            interrupted=interrupted,
        )

    def _describe(self, error: BaseException) -> str:
        """Return an error as text. Formatting may run code of the cell, so the soft time-out applies here too."""
        try:
            try:
                self._running = True
                signal.setitimer(signal.ITIMER_REAL, self._soft_seconds, 0.25)
                text = errors.describe(error)
                traceback.clear_frames(error.__traceback__)  # run finalizers here, within the time-out
                return text
            finally:
                self._running = False
                signal.setitimer(signal.ITIMER_REAL, 0)
        except BaseException:  # noqa: BLE001  code of the cell can raise anything
            self._running = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            return errors.describe_class(error)

    def _execute(self, name: str, code: str) -> None:
        errors.store_source(name, code)
        tree = ast.parse(code, name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        if tree.body:
            exec(compile(tree, name, "exec", dont_inherit=True), self._namespace)
        if isinstance(last, ast.Expr):
            value = eval(  # noqa: S307
                compile(ast.Expression(last.value), name, "eval", dont_inherit=True), self._namespace
            )
            if value is not None:
                print(repr(value))  # noqa: T201  notebook echo

    def _on_alarm(self, number: int, frame: object) -> None:
        if self._running:
            raise TimeLimit(f"the cell ran longer than {self._soft_seconds:g} s and was interrupted")

    def _hook(self, name: str, value: Any, depends_on: Iterable[str] = ()) -> None:
        """Record an intermediate value under a name; `depends_on` names the hooks it was computed from."""
        if not isinstance(name, str) or not 0 < len(name) <= _MAX_NAME:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"hook(name, value): the name must be text of 1 to {_MAX_NAME} characters")
        if len(self._hooks) >= MAX_HOOKS:
            raise ValueError(f"hook: more than {MAX_HOOKS} hooks in one cell")
        parents = (depends_on,) if isinstance(depends_on, str) else tuple(str(parent) for parent in depends_on)
        record = make_hook(name, value, parents[:MAX_HOOKS])
        self._hook_bytes += len(_encode("hook", record))
        if self._hook_bytes > MAX_HOOK_BYTES:
            raise ValueError(f"hook: the hooks of one cell may have {MAX_HOOK_BYTES} bytes together")
        self._hooks.append(record)

    def _submit(self, answer: Any) -> None:
        """Hand in the final answer. Only one counts, and no cell runs after this one."""
        if self._answers:
            raise ValueError("submit: an answer has already been submitted")
        plain = to_json(answer)
        _encode("submit", plain)
        self._answers.append(plain)


def _encode(verb: str, value: Any) -> bytes:
    """Return `value` as JSON. Raises TypeError in the cell if that fails, so that the session continues."""
    try:
        return msgspec.json.encode(value)
    except (TypeError, ValueError, RecursionError, OverflowError) as error:
        raise TypeError(f"{verb}: the value cannot be written as JSON ({error})") from error
