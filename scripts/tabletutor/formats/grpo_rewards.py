"""Reward functions that run a student's code on the question's table and match its answer by the declared type.

For TRL's GRPO trainer and rows of the `rl` format:

    with Rewards(Path("results")) as rewards:
        GRPOTrainer(model, reward_funcs=[rewards.answers_right, rewards.runs], train_dataset=...)

In that trainer a student has one turn, in which it must submit its answer. An answer that is only stated in text earns
nothing. With several turns (`verifiers_env.py`, `training/rollout_func.py`), all cells run in one session, and the last
one is graded.
"""

import json
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.models.parse import parse_turn
from tabletutor.models.prompt import Message
from tabletutor.rows.row import is_right_answer
from tabletutor.sandbox.host.pool import Sandbox
from tabletutor.sandbox.host.sandboxes import Sandboxes
from tabletutor.sandbox.host.session import Session
from tabletutor.sandbox.protocol.result import CellResult

Completion = str | Sequence[Message]


def parquet_files(results: Path, tables: Iterable[str]) -> dict[str, Path]:
    """Return the Parquet file of each table. Raises FileNotFoundError if the results folder lacks one."""
    files = {table: results / "tables" / table / "table.parquet" for table in sorted(set(tables))}
    if missing := [path for path in files.values() if not path.is_file()]:
        raise FileNotFoundError(f"{missing[0]}: no such file; give the results folder the rows are from")
    return files


class Rewards:
    """Reward functions over the tables of a results folder.

    A context manager: its sandboxes stop at exit.
    """

    def __init__(
        self, results: Path, sandbox: SandboxConfig | None = None, verdicts: VerdictsConfig | None = None
    ) -> None:
        self._results = results
        self._sandboxes = Sandboxes(sandbox or SandboxConfig())
        self._verdicts = verdicts or VerdictsConfig()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(self._sandboxes)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def answers_right(
        self, completions: Sequence[Completion], answer: Sequence[str], info: Sequence[str], **_: Any
    ) -> list[float]:
        """Return 1 for each completion whose cell submits the right answer, else 0.

        `answer` and `info` are the rows' columns, with one value per completion. Raises FileNotFoundError if the
        results folder lacks a table.
        """
        results = self._run(completions, info)
        return [
            float(self.is_right(result, json.loads(expected), json.loads(about)))
            for result, expected, about in zip(results, answer, info, strict=True)
        ]

    def runs(self, completions: Sequence[Completion], info: Sequence[str], **_: Any) -> list[float]:
        """Return 1 for each completion with a cell that runs without error, else 0."""
        return [float(result is not None and result.error is None) for result in self._run(completions, info)]

    def is_right(self, result: CellResult | None, answer: Any, info: dict[str, Any]) -> bool:
        """Return whether a cell submitted the right answer. `answer` and `info` are the row's decoded fields."""
        return result is not None and result.submitted and is_right_answer(result.answer, answer, info, self._verdicts)

    @contextmanager
    def session(self, table: str, question: str) -> Generator[Session]:
        """Context manager: a new session on a table, for a student with several turns.

        `question` is the id under which incidents are logged. Raises FileNotFoundError if the results folder lacks the
        table, and SandboxError if no session can be started.
        """
        with (
            self._sandboxes.use(parquet_files(self._results, [table])) as boxes,
            boxes[table].session(question) as session,
        ):
            yield session

    def _run(self, completions: Sequence[Completion], info: Sequence[str]) -> list[CellResult | None]:
        """Run each completion's cell in a new session and return the results; None for a completion without a cell."""
        tables = [str(json.loads(about)["table"]) for about in info]
        codes = [parse_turn(_last_text(completion)).code for completion in completions]
        with (
            self._sandboxes.use(parquet_files(self._results, tables)) as boxes,
            ThreadPoolExecutor(self._sandboxes.config.sessions) as pool,
        ):
            return list(pool.map(lambda work: _run_cell(boxes[work[0]], work[1]), zip(tables, codes, strict=True)))


def _run_cell(box: Sandbox, code: str | None) -> CellResult | None:
    if code is None:
        return None
    with box.session("reward") as session:
        return session.run(code)


def _last_text(completion: Completion) -> str:
    return completion if isinstance(completion, str) else completion[-1]["content"]
