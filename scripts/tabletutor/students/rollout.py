"""Roll out students: answer many questions at a time, turn by turn, in the sandbox.

The conversations of a group are decoded as one batch. Rounding can depend on the other rows of a batch, so only the
same group reproduces the same bytes. When a quarter of the live conversations have finished a turn, their cells run in
a few threads and their next turns are prefilled together. The schedule depends on token counts, never on the clock.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple, Protocol

from tabletutor.models.chat import Tokenizer, continuation_ids, opening_ids
from tabletutor.models.decoder import DecodedTurn
from tabletutor.models.parse import parse_turn
from tabletutor.models.prompt import NO_CODE, Message, observation
from tabletutor.records.episode import Ended, Prediction, Trace, Turn
from tabletutor.records.identity import content_id, rng
from tabletutor.sandbox.host.sandboxes import Sandboxes
from tabletutor.sandbox.host.session import Session
from tabletutor.sandbox.protocol.result import CellResult

WAITING_SHARE = 4  # resume when 1/WAITING_SHARE of the live conversations have finished a turn


class TurnDecoder(Protocol):
    """The interface of `models.decoder.Decoder`, which generates the student's turns."""

    def begin(self, key: int, ids: Sequence[int], source: Random | None = None) -> None:
        """Add a conversation that starts with the tokens `ids`."""
        ...

    def share_all(self) -> None:
        """Prefill the common prefix of all conversations once, before any of them starts."""
        ...

    def share(self, keys: Sequence[int]) -> None:
        """Prefill the common prefix of these new conversations once."""
        ...

    def feed(self, keys: Sequence[int]) -> None:
        """Start the next turn of waiting conversations."""
        ...

    def decode(self, wanted: int) -> list[DecodedTurn]:
        """Return the next finished turns: at least `wanted`, or all that remain."""
        ...

    def observe(self, key: int, ids: Sequence[int]) -> None:
        """Append the tokens that follow a turn."""
        ...

    def room(self, key: int) -> int:
        """Return how many tokens a conversation may still take."""
        ...

    def end(self, key: int) -> None:
        """Remove a waiting conversation."""
        ...


class Student(NamedTuple):
    """The student that answers: name of the run, tokenizer and seed."""

    run: str
    tokenizer: Tokenizer
    seed: int


class Task(NamedTuple):
    """One attempt to make. `prompt` opens the conversation; `sample` numbers the attempts at one question, from 0."""

    question_id: str
    table: str
    prompt: list[Message]
    sample: int = 0


@dataclass
class _Attempt:
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
    student: Student,
    decoder: TurnDecoder,
    max_turns: int,
    sandboxes: Sandboxes,
) -> Iterator[Prediction]:
    """Let the student work on a group of tasks; yield each attempt's Prediction when it ends.

    The decoder's key of a task is its index in `group`; `parquets` maps tables to their files. Every conversation has
    its own session for all turns; at most `sandbox.sessions` cells run at once.
    """
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(sandboxes.config.sessions))
        names = sorted({task.table for task in group})
        boxes = stack.enter_context(sandboxes.use({name: parquets[name] for name in names}))
        live: dict[int, _Attempt] = {}
        for key, task in enumerate(group):
            live[key] = _Attempt(task, stack.enter_context(boxes[task.table].session(task.question_id)))
            source = rng(student.seed, task.question_id, task.sample)
            decoder.begin(key, opening_ids(student.tokenizer, task.prompt), source)
        decoder.share_all()
        for name in names:
            decoder.share([key for key, attempt in live.items() if attempt.task.table == name])
        ready = sorted(live)
        while live:
            for key in [key for key in ready if decoder.room(key) <= 1]:
                ready.remove(key)
                decoder.end(key)
                yield _prediction(live.pop(key), "turn_limit", student)
            decoder.feed(ready)
            ready = []
            finished = decoder.decode(max(1, len(live) // WAITING_SHARE))
            cells = [pool.submit(_run, live[turn.key].session, parse_turn(turn.text).code) for turn in finished]
            for turn, cell in zip(finished, cells, strict=True):
                attempt = live[turn.key]
                reply = _advance(attempt, turn, cell.result(), max_turns)
                if attempt.ended is not None:
                    decoder.end(turn.key)
                    yield _prediction(live.pop(turn.key), attempt.ended, student)
                else:
                    decoder.observe(turn.key, continuation_ids(student.tokenizer, attempt.task.prompt, reply))
                    ready.append(turn.key)


def _run(session: Session, code: str | None) -> CellResult | None:
    return None if code is None else session.run(code)


def _advance(attempt: _Attempt, decoded: DecodedTurn, result: CellResult | None, max_turns: int) -> Message:
    """Record a finished turn and set how the attempt ended, if it did. Return the reply to the student."""
    reasoning, code = parse_turn(decoded.text)
    attempt.tokens += decoded.tokens
    index = len(attempt.turns)
    if result is None:
        attempt.turns.append(Turn(index=index, reasoning=reasoning, code="", stdout=""))
        reply = NO_CODE
    else:
        turn = result.to_turn(index, reasoning, code or "")
        attempt.turns.append(turn)
        reply = observation(turn)
        if result.ended != "open":
            attempt.ended = result.ended
            attempt.answer = result.answer if result.submitted else None
    if attempt.ended is None and len(attempt.turns) >= max_turns:
        attempt.ended = "turn_limit"
    return reply


def _prediction(attempt: _Attempt, ended: Ended, student: Student) -> Prediction:
    attempt.session.close()
    task = attempt.task
    turn_texts = [(turn.reasoning, turn.code) for turn in attempt.turns]
    trace = Trace(
        trace_id=content_id(task.question_id, "student", student.run, task.sample, turn_texts),
        role="student",
        teacher=student.run,
        turns=tuple(attempt.turns),
        ended=ended,
        answer=attempt.answer,
    )
    return Prediction(
        question_id=task.question_id,
        table=task.table,
        run=student.run,
        sample=task.sample,
        trace=trace,
        tokens=attempt.tokens,
    )
