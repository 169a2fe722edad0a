"""Steps of an attempt for models that judge them, as texts and as token ids with a separator after each step."""

from collections.abc import Sequence

from tabletutor.models.chat import Tokenizer
from tabletutor.models.prompt import Message, assistant_turn, exchange
from tabletutor.records.episode import Turn
from tabletutor.rows.row import SEPARATOR, SEPARATOR_SYMBOL


def prompt_text(opening: Sequence[Message]) -> str:
    """Return the messages of a prompt as plain text."""
    return _without_separator("\n\n".join(message["content"] for message in opening))


def step_text(turns: Sequence[Turn], turn: int) -> str:
    """Return what the student says in one turn, preceded by the observation of the turn before."""
    seen = f"{exchange(turns[turn - 1])[1]['content']}\n\n" if turn else ""
    return _without_separator(seen + assistant_turn(turns[turn])["content"])


def step_ids(tokenizer: Tokenizer, prompt: str, steps: Sequence[str]) -> tuple[list[int], list[int]]:
    """Return the token ids of a prompt with its steps, and the index of the last token of each step's separator.

    Everything is tokenised as text; special tokens in it are not interpreted.
    """
    ids = _ids(tokenizer, prompt)
    ends: list[int] = []
    for step in steps:
        ids += _ids(tokenizer, step) + _ids(tokenizer, SEPARATOR)
        ends.append(len(ids) - 1)
    return ids, ends


def _ids(tokenizer: Tokenizer, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"])


def _without_separator(text: str) -> str:
    return text.replace(SEPARATOR, SEPARATOR_SYMBOL)
