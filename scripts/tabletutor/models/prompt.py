"""The one prompt builder: teachers' episodes become training rows with it, and students are evaluated with it.

A conversation is a system message, the table card with the question, and then assistant turns (one thought, one code
block) answered by user messages with what the sandbox printed. No hint ever enters.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TypedDict

from tabletutor.records.episode import Turn
from tabletutor.records.excerpt import excerpt
from tabletutor.records.table import TableProfile

SYSTEM = (
    "Analyse the pandas DataFrame df. Each turn: one short thought and one ```python block. "
    "hook(name, value) shows a value; submit(answer) gives the final answer."
)
FENCE = "```"
SHOWN = 1200  # characters of an observation; a cell that prints more fills no context


class Message(TypedDict):
    """One chat message, as chat templates and TRL's `messages` column have it."""

    role: str
    content: str


class WeighedMessage(Message):
    """A message with its weight: 1 where it is trained, 0 where it is not."""

    weight: int


NO_CODE: Message = {"role": "user", "content": f"No code found. Answer with one {FENCE}python block."}


def is_trained(message: Message) -> bool:
    """Whether a message is the assistant's, and is to be learnt: one of weight 0 is not, one without a weight is."""
    return message["role"] == "assistant" and message.get("weight", 1) != 0


@lru_cache(maxsize=4096)  # each row of a table has all of its headers
def header_label(header: str) -> str:
    """A header as it may stand in a prompt: as it is when plain, else a Python literal (quotes, newlines, braces)."""
    plain = header.isprintable() and header == header.strip() and header != "" and not set(header) & set("\"'`{}\\<>|:")
    return header if plain else repr(header)


def table_card(profile: TableProfile) -> str:
    """The table in a few lines: its name and size, then each column with its kind, and whether values are missing."""
    columns = [
        f"{header_label(column.name)}: {column.kind}{', missing' if column.missing and column.kind != 'empty' else ''}"
        for column in profile.columns
    ]
    return f"Table {profile.table}, {profile.rows} rows\n" + "\n".join(columns)


def opening(card: str, question: str) -> list[Message]:
    """The messages before the first assistant turn; `card` is that of the table."""
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": f"{card}\n\n{question}"}]


def assistant(reasoning: str, code: str) -> Message:
    """An assistant turn: the thought, then the cell in a fence."""
    return {"role": "assistant", "content": f"{reasoning}\n{FENCE}python\n{code}\n{FENCE}"}


def observation(turn: Turn, limit: int = SHOWN) -> Message:
    """What the sandbox answered, in `limit` characters at most: printed text, hook values, the last line of an error.

    Where it is too much, the printed text is cut first, in its middle, but never below a quarter of the limit. Hooks
    and error stay whole unless they have no room even then; then the longer of the two is cut in its middle as well.
    """
    printed = turn.stdout.rstrip("\n") if turn.stdout.strip() else ""
    hooks = "\n".join(f"{hook.name} = {hook.value!r}" for hook in turn.hooks)
    error = "" if turn.error is None else _last_line(turn.error)
    room = limit - sum(1 for part in (printed, hooks, error) if part) + 1  # but for the newlines between them
    first, second = _shares(len(hooks), len(error), room - min(len(printed), limit // 4))
    hooks, error = excerpt(hooks, first), excerpt(error, second, between=" ")
    parts = [excerpt(printed, room - len(hooks) - len(error)), hooks, error]
    return {"role": "user", "content": "\n".join(part for part in parts if part) or "(no output)"}


def _last_line(error: str) -> str:
    return f"Error: {error.strip().splitlines()[-1]}" if error.strip() else "Error"


def _shares(first: int, second: int, room: int) -> tuple[int, int]:
    """What two texts of these lengths get of `room`: all they need, or else the shorter all it needs up to a half."""
    if first + second <= room:
        return first, second
    shorter = min(first, second, room // 2)
    return (shorter, room - shorter) if first <= second else (room - shorter, shorter)


def assistant_turn(turn: Turn) -> Message:
    """What a student said in a turn."""
    return assistant(turn.reasoning, turn.code) if turn.code else {"role": "assistant", "content": turn.reasoning}


def exchange(turn: Turn) -> tuple[Message, Message]:
    """What a student said in a turn, and what it was told then. Where it said no code, it was told so."""
    return assistant_turn(turn), observation(turn) if turn.code else NO_CODE


def conversation(start: Sequence[Message], turns: Sequence[Turn]) -> list[Message]:
    """What was said from `start` on, with it; the observation of the last turn is left out."""
    messages = [*start]
    for turn in turns[:-1]:
        messages += exchange(turn)
    return messages + [assistant_turn(turn) for turn in turns[-1:]]
