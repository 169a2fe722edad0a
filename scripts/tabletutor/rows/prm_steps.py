"""Steps of an attempt, for models that judge them: as texts, and as token ids with a separator after each step."""

from collections.abc import Sequence

from tabletutor.models.chat import Tokenizer
from tabletutor.models.prompt import Message, exchanged, said
from tabletutor.records.episode import Turn
from tabletutor.rows.row import PICTURE, SEPARATOR


def prompt_text(opening: Sequence[Message]) -> str:
    """What a student is told, as plain text."""
    return _plain("\n\n".join(message["content"] for message in opening))


def step_text(turns: Sequence[Turn], turn: int) -> str:
    """What the student says in one turn, after what it was shown before."""
    shown = f"{exchanged(turns[turn - 1])[1]['content']}\n\n" if turn else ""
    return _plain(shown + said(turns[turn])["content"])


def step_ids(tokenizer: Tokenizer, prompt: str, steps: Sequence[str]) -> tuple[list[int], list[int]]:
    """The ids of a prompt and its steps, and the place of the last token of each step's separator. All of it is
    tokenized as text, never as markup.
    """
    ids = _ids(tokenizer, prompt)
    ends: list[int] = []
    for step in steps:
        ids += _ids(tokenizer, step) + _ids(tokenizer, SEPARATOR)
        ends.append(len(ids) - 1)
    return ids, ends


def _ids(tokenizer: Tokenizer, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"])


def _plain(text: str) -> str:
    return text.replace(SEPARATOR, PICTURE)
