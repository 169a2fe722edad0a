"""Rewards by running: what a student said is run on the table it is about, and its answer is matched by its type.

For TRL's GRPO trainer, on the rows of the `rl` format:

    with Rewards(Path("results")) as rewards:
        GRPOTrainer(model, reward_funcs=[rewards.answers_right, rewards.runs], train_dataset=...)

Students of that trainer say one turn, which has to submit. An answer that is claimed and not submitted counts nothing.
Where students say several turns (`verifiers_env.py`, `training/rollout_func.py`), the cells run in one session and the
last one is graded.
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
from tabletutor.rows.answer import matches
from tabletutor.sandbox.host.pool import Sandbox
from tabletutor.sandbox.host.sandboxes import Sandboxes
from tabletutor.sandbox.host.session import Session
from tabletutor.sandbox.protocol.result import CellResult

Completion = str | Sequence[Message]


def parquets(results: Path, tables: Iterable[str]) -> dict[str, Path]:
    """The Parquet file of each of these tables. Raises FileNotFoundError for one the results folder lacks."""
    found = {table: results / "tables" / table / "table.parquet" for table in sorted(set(tables))}
    if missing := [path for path in found.values() if not path.is_file()]:
        raise FileNotFoundError(f"{missing[0]}: no such file; give the results folder the rows are from")
    return found


class Rewards:
    """The reward functions over the tables of a results folder. A context manager; its sandboxes live as long."""

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
        """1 for a completion whose cell submits the right answer, else 0.

        `answer` and `info` are columns of the rows, one of each for every completion. Raises FileNotFoundError for a
        table that the results folder does not have.
        """
        results = self._run(completions, info)
        return [
            float(self.is_right(result, json.loads(right), json.loads(about)))
            for result, right, about in zip(results, answer, info, strict=True)
        ]

    def runs(self, completions: Sequence[Completion], info: Sequence[str], **_: Any) -> list[float]:
        """1 for a completion with a cell that runs without error, else 0."""
        return [float(result is not None and result.error is None) for result in self._run(completions, info)]

    def is_right(self, result: CellResult | None, answer: Any, about: dict[str, Any]) -> bool:
        """Whether a cell submitted the right answer to the question that the row's `info` is about."""
        return result is not None and result.submitted and matches(result.answer, answer, about, self._verdicts)

    @contextmanager
    def session(self, table: str, question: str) -> Generator[Session]:
        """A fresh session on a table, for a student of several turns. `question` is the id incidents are noted with.

        Raises FileNotFoundError for a table that the results folder does not have, SandboxError if none can be had.
        """
        with self._sandboxes.use(parquets(self._results, [table])) as boxes, boxes[table].session(question) as session:
            yield session

    def _run(self, completions: Sequence[Completion], info: Sequence[str]) -> list[CellResult | None]:
        """The result of each completion's cell in a fresh session, None where it has no cell."""
        tables = [str(json.loads(about)["table"]) for about in info]
        codes = [parse_turn(_text(completion)).code for completion in completions]
        with (
            self._sandboxes.use(parquets(self._results, tables)) as boxes,
            ThreadPoolExecutor(self._sandboxes.config.sessions) as pool,
        ):
            return list(pool.map(lambda work: _result(boxes[work[0]], work[1]), zip(tables, codes, strict=True)))


def _result(box: Sandbox, code: str | None) -> CellResult | None:
    if code is None:
        return None
    with box.session("reward") as session:
        return session.run(code)


def _text(completion: Completion) -> str:
    return completion if isinstance(completion, str) else completion[-1]["content"]
