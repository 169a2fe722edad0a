"""An environment of the `verifiers` library over the rows of the `rl` format, for training or evaluation.

    env = verifiers.load_environment("tabletutor.formats.verifiers_env", results="results")

A student works as in `students/rollout.py`: turn by turn in one sandbox session. It sees the output of each cell and
ends by submitting, with its session, or at the turn limit. `formats/grpo_rewards.py` grades the submitted answer.

Only `verifiers` imports this module. The rest of tabletutor does not, so the library is optional.
"""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
from datasets import Dataset

from tabletutor.config.evaluation import EvaluationConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.formats.grpo_rewards import Rewards, parquet_files
from tabletutor.models.parse import parse_turn
from tabletutor.models.prompt import NO_CODE, Message, observation
from tabletutor.records.record import read_records
from tabletutor.rows.row import TaskRow
from tabletutor.sandbox.host.session import Session

vf: Any = import_module("verifiers")  # not in the lock file, and untyped

TURNS, SESSIONS = EvaluationConfig().max_turns, EvaluationConfig().batch_size
_POLL_SECONDS = 0.05


def load_environment(
    results: str | Path = "results",
    split: str = "train",
    eval_split: str = "validation",
    max_turns: int = TURNS,
    max_sessions: int = SESSIONS,
    sandbox: dict[str, Any] | None = None,
    verdicts: dict[str, Any] | None = None,
) -> "TableEnvironment":
    """Return the environment over a project's results folder; `verifiers.load_environment` calls this.

    Args:
        results: The project's results folder.
        split: The split of `formats/rl` to train on.
        eval_split: The split of `formats/rl` to evaluate on; it may have no rows.
        max_turns: The turns a student has to submit an answer.
        max_sessions: The number of attempts open at once, each with its own session; others wait.
        sandbox: The section `sandbox` of the project's configuration.
        verdicts: The section `verdicts` of the project's configuration.

    Raises FileNotFoundError if rows or a table are missing, ValueError if `split` has no rows, and pydantic's
    ValidationError for an unknown setting.
    """
    root = Path(results)
    rows = {name: _rows(root / "formats" / "rl" / f"{name}.jsonl") for name in (split, eval_split)}
    if not rows[split]:
        raise ValueError(f"{root}/formats/rl/{split}.jsonl: the file has no rows; choose another split")
    config = SandboxConfig.model_validate(sandbox or {})
    rewards = Rewards(root, config, VerdictsConfig.model_validate(verdicts or {}))
    # verifiers would log an error during grading and count a wrong answer, so missing tables are reported here.
    parquet_files(root, (row.table for each in rows.values() for row in each))
    return TableEnvironment(
        rewards,
        threads=config.sessions,
        max_sessions=max_sessions,
        max_turns=max_turns,
        dataset=_dataset(rows[split]),
        eval_dataset=_dataset(rows[eval_split]) if rows[eval_split] else None,
        rubric=vf.Rubric(funcs=[answers_right, runs], weights=[1.0, 0.0]),
    )


async def answers_right(state: Any) -> float:
    """Return 1 if the attempt submitted the right answer, else 0."""
    return float(state["right"])


async def runs(state: Any) -> float:
    """Return the share of the attempt's turns whose cell ran without error; a metric, not part of the reward."""
    return state["ran"] / len(state["trajectory"]) if state["trajectory"] else 0.0


class TableEnvironment(vf.MultiTurnEnv):
    """Questions about tables, answered by running code turn by turn."""

    def __init__(self, rewards: Rewards, threads: int, max_sessions: int, **settings: Any) -> None:
        """Enter `rewards` and keep it open until the environment closes. `threads` cells run at once."""
        super().__init__(**settings)
        self._stack = ExitStack()
        self._rewards = self._stack.enter_context(rewards)
        # Waiting for a sandbox happens in its own thread, so that attempts with a session can finish and release
        # theirs.
        self._opener = self._stack.enter_context(ThreadPoolExecutor(1))
        self._cells = self._stack.enter_context(ThreadPoolExecutor(threads))
        self._room = threading.BoundedSemaphore(max_sessions)
        self._open: dict[str, tuple[ExitStack, Session]] = {}  # by the id of the attempt

    async def setup_state(self, state: Any) -> None:
        """Wait for a free place among `max_sessions` and open the session of an attempt."""
        state.update(right=False, ended="open", ran=0, reply=NO_CODE)
        # verifiers starts a new event loop for each evaluation; asyncio's semaphore would stay bound to the first one.
        while not self._room.acquire(blocking=False):
            await asyncio.sleep(_POLL_SECONDS)
        with ExitStack() as stack:
            stack.callback(self._room.release)
            about = state["info"]
            context = self._rewards.session(about["table"], about["question_id"])
            loop = asyncio.get_running_loop()
            session = await loop.run_in_executor(self._opener, stack.enter_context, context)
            self._open[state["trajectory_id"]] = (stack.pop_all(), session)

    async def add_trajectory_step(self, state: Any, trajectory_step: Any) -> None:
        """Run the cell of a turn. Not in `env_response`, which is not called after the last turn."""
        await super().add_trajectory_step(state, trajectory_step)
        reasoning, code = parse_turn(trajectory_step["completion"][-1]["content"] or "")
        state["reply"] = NO_CODE
        if code is not None:
            _, session = self._open[state["trajectory_id"]]
            result = await asyncio.get_running_loop().run_in_executor(self._cells, session.run, code)
            state["ran"] += result.error is None
            state["ended"] = result.ended
            state["right"] = self._rewards.is_right(result, json.loads(state["answer"]), state["info"])
            state["reply"] = observation(result.to_turn(len(state["trajectory"]) - 1, reasoning, code))

    async def env_response(self, messages: Any, state: Any, **_: Any) -> list[Message]:
        """Return the observation of the last turn."""
        return [state["reply"]]

    @vf.stop
    async def session_ended(self, state: Any) -> bool:
        """Return whether an answer was submitted or the session died."""
        return state["ended"] != "open"

    @vf.cleanup
    async def close_session(self, state: Any) -> None:
        """Close the session of a finished attempt."""
        opened = self._open.pop(state["trajectory_id"], None)
        if opened is not None:
            await asyncio.get_running_loop().run_in_executor(self._cells, opened[0].close)

    @vf.teardown
    async def close(self) -> None:
        """Close all sessions and sandboxes. Runs at interpreter exit, so it must not start a thread."""
        for stack, _ in self._open.values():
            stack.close()
        self._open.clear()
        self._stack.close()


def _rows(path: Path) -> list[TaskRow]:
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such file; build the format `rl`, or pass the results folder that contains it"
        )
    return read_records(path, TaskRow)


def _dataset(rows: list[TaskRow]) -> Dataset:
    return Dataset.from_list([msgspec.to_builtins(row) for row in rows])
