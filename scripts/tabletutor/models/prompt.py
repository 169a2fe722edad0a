"""The prompt builder, shared by training rows and evaluation so that both show a student the same text.

A conversation is a system message, a user message with the table card and the question, and then assistant turns (one
thought, one code block), each followed by a user message with the sandbox's output. Hints never enter a conversation.
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
SHOWN = 1200  # characters of an observation, so that a cell with much output does not fill the context


class Message(TypedDict):
    """One chat message, in the form of chat templates and TRL's `messages` column."""

    role: str
    content: str


class WeighedMessage(Message):
    """A message with a weight: 1 if it is trained, 0 if not."""

    weight: int


TWO_BLOCKS: Message = {
    "role": "user",
    "content": f"More than one code block found; none was run. Answer with one {FENCE}python block.",
}
NO_CODE: Message = {"role": "user", "content": f"No code found. Answer with one {FENCE}python block."}


def is_trained(message: Message) -> bool:
    """Return whether a message is trained: it is the assistant's, and its weight is 1 or absent."""
    return message["role"] == "assistant" and message.get("weight", 1) != 0


@lru_cache(maxsize=4096)  # every question about a table needs all of its headers
def header_label(header: str) -> str:
    """Return a header for use in a prompt: unchanged if plain, else as a Python literal (quotes, newlines, braces)."""
    plain = header.isprintable() and header == header.strip() and header != "" and not set(header) & set("\"'`{}\\<>|:")
    return header if plain else repr(header)


def table_card(profile: TableProfile) -> str:
    """Return the table card: a line with name and size, then a line for each column with its kind and whether values
    are missing.

    Headers are Python literals, as code and plans write them, so that a small model copies them with their quotes.
    """
    columns = [
        f"{column.name!r}: {column.kind}{', missing' if column.missing and column.kind != 'empty' else ''}"
        for column in profile.columns
    ]
    return f"Table {profile.table}, {profile.rows} rows\n" + "\n".join(columns)


def opening(card: str, question: str, examples: Sequence[Message] = ()) -> list[Message]:
    """Return the messages before the first turn to answer: the system message, worked examples if there are any, and
    the table card with the question.
    """
    return [{"role": "system", "content": SYSTEM}, *examples, {"role": "user", "content": f"{card}\n\n{question}"}]


def assistant(reasoning: str, code: str) -> Message:
    """Return an assistant message: the reasoning, then the code in a fence."""
    return {"role": "assistant", "content": f"{reasoning}\n{FENCE}python\n{code}\n{FENCE}"}


def observation(turn: Turn, limit: int = SHOWN) -> Message:
    """Return the sandbox's reply to a turn, at most `limit` characters: printed text, hook values, last error line.

    If the text is too long, printed text is cut first, in its middle, but not below a quarter of the limit. If hooks
    and error still do not fit, the longer of the two is cut in its middle too.
    """
    printed = turn.stdout.rstrip("\n") if turn.stdout.strip() else ""
    hooks = "\n".join(f"{hook.name} = {hook.value!r}" for hook in turn.hooks)
    error = "" if turn.error is None else _last_line(turn.error)
    room = limit - sum(1 for part in (printed, hooks, error) if part) + 1  # without the newlines between the parts
    first, second = _shares(len(hooks), len(error), room - min(len(printed), limit // 4))
    hooks, error = excerpt(hooks, first), excerpt(error, second, between=" ")
    parts = [excerpt(printed, room - len(hooks) - len(error)), hooks, error]
    return {"role": "user", "content": "\n".join(part for part in parts if part) or "(no output)"}


def _last_line(error: str) -> str:
    return f"Error: {error.strip().splitlines()[-1]}" if error.strip() else "Error"


def _shares(first: int, second: int, room: int) -> tuple[int, int]:
    """Divide `room` between two texts of these lengths. If both do not fit, the shorter gets at most half."""
    if first + second <= room:
        return first, second
    shorter = min(first, second, room // 2)
    return (shorter, room - shorter) if first <= second else (room - shorter, shorter)


def assistant_turn(turn: Turn) -> Message:
    """Return the assistant message of a turn."""
    return assistant(turn.reasoning, turn.code) if turn.code else {"role": "assistant", "content": turn.reasoning}


def exchange(turn: Turn) -> tuple[Message, Message]:
    """Return the assistant message of a turn and the reply to it: the observation, or `NO_CODE` if it has no code."""
    return assistant_turn(turn), observation(turn) if turn.code else NO_CODE


def conversation(start: Sequence[Message], turns: Sequence[Turn]) -> list[Message]:
    """Return the messages of `start` and of the turns after it, without the reply to the last turn."""
    messages = [*start]
    for turn in turns[:-1]:
        messages += exchange(turn)
    return messages + [assistant_turn(turn) for turn in turns[-1:]]
