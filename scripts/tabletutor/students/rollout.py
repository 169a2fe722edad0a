"""Roll out conversations: answer many questions at a time, turn by turn, in the sandbox.

Students and teachers work in the same way; what differs is who generates the turns (`TurnGenerator`): a local decoder
or an endpoint. A local decoder batches the conversations of a group. Rounding can depend on the other rows of a batch,
so only the same group reproduces the same bytes. When a quarter of the live conversations have finished a turn, their
cells run in a few threads and their next turns are started together. The schedule of a local decoder depends on token
counts, never on the clock.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, Protocol

from tabletutor.models.parse import ParsedTurn, count_blocks, parse_turn
from tabletutor.models.prompt import NO_CODE, TWO_BLOCKS, Message, observation
from tabletutor.records.episode import Ended, Role, Trace, Turn
from tabletutor.records.identity import content_id, rng
from tabletutor.sandbox.host.sandboxes import Sandboxes
from tabletutor.sandbox.host.session import Session
from tabletutor.sandbox.protocol.result import CellResult

WAITING_SHARE = 4  # resume when 1/WAITING_SHARE of the live conversations have finished a turn


class Opening(NamedTuple):
    """The beginning of a conversation: its messages, the table they are about, and the source of its random choices.

    An endpoint is asked for turns that fit the JSON Schema `schema`, if there is one. A local decoder ignores it.
    """

    messages: Sequence[Message]
    table: str
    source: Random
    schema: dict[str, Any] | None = None


class FinishedTurn(NamedTuple):
    """A turn of the conversation `key`: its text, and the number of its tokens."""

    key: int
    text: str
    tokens: int


class TurnGenerator(Protocol):
    """Generates the turns of conversations, which have numbers as keys."""

    def begin(self, openings: Mapping[int, Opening]) -> None:
        """Add these conversations; no other is added later. `feed` starts their first turns."""
        ...

    def feed(self, keys: Sequence[int]) -> None:
        """Start the next turn of waiting conversations."""
        ...

    def finished(self, wanted: int) -> list[FinishedTurn]:
        """Wait for turns and return them. A generator may wait for at least `wanted`, or until none is running."""
        ...

    def observe(self, key: int, reply: Message) -> None:
        """Append the reply to a finished turn."""
        ...

    def room(self, key: int) -> int:
        """Return how many tokens a conversation may still take."""
        ...

    def end(self, key: int) -> None:
        """Remove a waiting conversation."""
        ...


class Answerer(NamedTuple):
    """Who answers: the name of the run or teacher, its role in the traces, and its seed.

    With `one_block`, a turn with two code blocks is refused like one without code; otherwise its first block runs.
    """

    name: str
    role: Role
    seed: int
    one_block: bool = False


class Task(NamedTuple):
    """One attempt to make. `prompt` opens the conversation; `sample` numbers the attempts at one question, from 0."""

    question_id: str
    table: str
    prompt: list[Message]
    sample: int = 0


class Attempt(NamedTuple):
    """A finished task: the trace it left, and the number of tokens that were generated over all its turns."""

    task: Task
    trace: Trace
    tokens: int


@dataclass
class _Live:
    """A task in progress."""

    task: Task
    session: Session
    turns: list[Turn] = field(default_factory=list[Turn])
    tokens: int = 0
    ended: Ended | None = None
    answer: object = None


def roll_out(
    group: Sequence[Task],
    parquets: Mapping[str, Path],
    answerer: Answerer,
    generator: TurnGenerator,
    max_turns: int,
    sandboxes: Sandboxes,
) -> Iterator[Attempt]:
    """Work on a group of tasks; yield each attempt when it ends.

    The generator's key of a task is its index in `group`; `parquets` maps tables to their files. Every conversation has
    its own session for all turns; at most `sandbox.sessions` cells run at once.
    """
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(sandboxes.config.sessions))
        names = sorted({task.table for task in group})
        boxes = stack.enter_context(sandboxes.use({name: parquets[name] for name in names}))
        live = {
            key: _Live(task, stack.enter_context(boxes[task.table].session(task.question_id)))
            for key, task in enumerate(group)
        }
        generator.begin(
            {
                key: Opening(task.prompt, task.table, rng(answerer.seed, task.question_id, task.sample))
                for key, task in enumerate(group)
            }
        )
        ready = sorted(live)
        while live:
            for key in [key for key in ready if generator.room(key) <= 1]:
                ready.remove(key)
                generator.end(key)
                yield _finish(live.pop(key), "turn_limit", answerer)
            generator.feed(ready)
            ready = []
            finished = generator.finished(max(1, len(live) // WAITING_SHARE))
            parsed = [_parse(turn.text, answerer) for turn in finished]
            cells = [
                pool.submit(_run, live[turn.key].session, each.code)
                for turn, (each, _) in zip(finished, parsed, strict=True)
            ]
            for turn, (each, no_code), cell in zip(finished, parsed, cells, strict=True):
                attempt = live[turn.key]
                attempt.tokens += turn.tokens
                reply = _record(attempt, each, cell.result()) or no_code
                if attempt.ended is None and len(attempt.turns) >= max_turns:
                    attempt.ended = "turn_limit"
                if attempt.ended is not None:
                    generator.end(turn.key)
                    yield _finish(live.pop(turn.key), attempt.ended, answerer)
                else:
                    generator.observe(turn.key, reply)
                    ready.append(turn.key)


def _parse(text: str, answerer: Answerer) -> tuple[ParsedTurn, Message]:
    """Return a parsed turn, and the reply to it if it has no code."""
    if answerer.one_block and count_blocks(text) > 1:
        return ParsedTurn(text.strip(), None), TWO_BLOCKS
    return parse_turn(text), NO_CODE


def _run(session: Session, code: str | None) -> CellResult | None:
    return None if code is None else session.run(code)


def _record(attempt: _Live, parsed: ParsedTurn, result: CellResult | None) -> Message | None:
    """Record a turn, and the answer if it gave one. Return the output of its cell, or None if it has no code."""
    index = len(attempt.turns)
    if result is None:
        attempt.turns.append(Turn(index=index, reasoning=parsed.reasoning, code="", stdout=""))
        return None
    turn = result.to_turn(index, parsed.reasoning, parsed.code or "")
    attempt.turns.append(turn)
    if result.ended != "open":
        attempt.ended = result.ended
        attempt.answer = result.answer if result.submitted else None
    return observation(turn)


def _finish(attempt: _Live, ended: Ended, answerer: Answerer) -> Attempt:
    attempt.session.close()
    task = attempt.task
    turn_texts = [(turn.reasoning, turn.code) for turn in attempt.turns]
    trace = Trace(
        trace_id=content_id(task.question_id, answerer.role, answerer.name, task.sample, turn_texts),
        role=answerer.role,
        teacher=answerer.name,
        turns=tuple(attempt.turns),
        ended=ended,
        answer=attempt.answer,
    )
    return Attempt(task, trace, attempt.tokens)
