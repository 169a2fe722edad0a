"""The rows of `rl` as an environment of the `verifiers` library, for who trains or evaluates with it.

    env = verifiers.load_environment("tabletutor.formats.verifiers_env", results="results")

A student works as in `students/rollout.py`: turn by turn in one session of the sandbox, shown what each cell printed,
until it submits, its session ends or its turns are used up. `formats/grpo_rewards.py` grades what it submitted.

Only `verifiers` imports this module; nothing else of tabletutor does, so that the library is not needed otherwise.
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
from tabletutor.formats.grpo_rewards import Rewards, parquets
from tabletutor.models.parse import parse_turn
from tabletutor.models.prompt import NO_CODE, Message, observation
from tabletutor.records.record import read_records
from tabletutor.rows.row import TaskRow
from tabletutor.sandbox.host.session import Session
from tabletutor.sandbox.protocol.result import turn_from

vf: Any = import_module("verifiers")  # not in the lock file, and untyped

TURNS, SESSIONS = EvaluationConfig().turn_limit, EvaluationConfig().batch_size
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
    """The environment over a project's results folder; `verifiers.load_environment` calls this.

    `split` is what is trained on and `eval_split` what is evaluated on, both of `formats/rl`. At most `max_sessions`
    attempts are open at once, each with its session; others wait. `sandbox` and `verdicts` are those sections of the
    project's configuration. Raises FileNotFoundError for rows or a table that are not there, ValueError for a split to
    train on that has no rows, pydantic's ValidationError for an unknown setting.
    """
    root = Path(results)
    rows = {name: _rows(root / "formats" / "rl" / f"{name}.jsonl") for name in (split, eval_split)}
    if not rows[split]:
        raise ValueError(f"{root}/formats/rl/{split}.jsonl: no rows; give the split that has some")
    config = SandboxConfig.model_validate(sandbox or {})
    rewards = Rewards(root, config, VerdictsConfig.model_validate(verdicts or {}))
    # An error while grading would be logged by verifiers and counted as a wrong answer, so tables are looked for here.
    parquets(root, (row.table for each in rows.values() for row in each))
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
    """1 for an attempt that submitted the right answer, else 0."""
    return float(state["right"])


async def runs(state: Any) -> float:
    """The share of an attempt's turns whose cell ran without error; a figure to watch, of no weight."""
    return state["ran"] / len(state["trajectory"]) if state["trajectory"] else 0.0


class TableEnvironment(vf.MultiTurnEnv):
    """Questions about tables, answered by running code turn by turn."""

    def __init__(self, rewards: Rewards, threads: int, max_sessions: int, **settings: Any) -> None:
        """`rewards` is opened here and closed with the environment; `threads` is how many cells run at once."""
        super().__init__(**settings)
        self._stack = ExitStack()
        self._rewards = self._stack.enter_context(rewards)
        # Who waits for a sandbox waits in a thread of its own, so that those that hold one can go on and give it back.
        self._opener = self._stack.enter_context(ThreadPoolExecutor(1))
        self._cells = self._stack.enter_context(ThreadPoolExecutor(threads))
        self._room = threading.BoundedSemaphore(max_sessions)
        self._open: dict[str, tuple[ExitStack, Session]] = {}  # by the id of the attempt

    async def setup_state(self, state: Any) -> None:
        """Open the session of an attempt, once there is room for one."""
        state.update(right=False, ended="open", ran=0, reply=NO_CODE)
        # Not asyncio's semaphore: verifiers begins a loop for each evaluation, and that one belongs to its first loop.
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
        """Run the cell of a turn; here, and not in `env_response`, since the last turn is not replied to."""
        await super().add_trajectory_step(state, trajectory_step)
        reasoning, code = parse_turn(trajectory_step["completion"][-1]["content"] or "")
        state["reply"] = NO_CODE
        if code is not None:
            _, session = self._open[state["trajectory_id"]]
            result = await asyncio.get_running_loop().run_in_executor(self._cells, session.run, code)
            state["ran"] += result.error is None
            state["ended"] = result.ended
            state["right"] = self._rewards.is_right(result, json.loads(state["answer"]), state["info"])
            state["reply"] = observation(turn_from(len(state["trajectory"]) - 1, reasoning, code, result))

    async def env_response(self, messages: Any, state: Any, **_: Any) -> list[Message]:
        """What the student is shown after a turn."""
        return [state["reply"]]

    @vf.stop
    async def session_ended(self, state: Any) -> bool:
        """An answer was submitted, or the session died."""
        return state["ended"] != "open"

    @vf.cleanup
    async def close_session(self, state: Any) -> None:
        """End the session of an attempt that is over."""
        opened = self._open.pop(state["trajectory_id"], None)
        if opened is not None:
            await asyncio.get_running_loop().run_in_executor(self._cells, opened[0].close)

    @vf.teardown
    async def close(self) -> None:
        """End all sessions and sandboxes. It is called when Python exits, so no thread may be begun here."""
        for stack, _ in self._open.values():
            stack.close()
        self._open.clear()
        self._stack.close()


def _rows(path: Path) -> list[TaskRow]:
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; build the format `rl`, or give the results folder it is in")
    return read_records(path, TaskRow)


def _dataset(rows: list[TaskRow]) -> Dataset:
    return Dataset.from_list([msgspec.to_builtins(row) for row in rows])
