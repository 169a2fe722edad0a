"""Steps of an attempt as token ids, for models that judge them: prompt and steps, a separator after each step."""

from collections.abc import Sequence

from tabletutor.formats.row import SEPARATOR
from tabletutor.models.chat import Tokenizer


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
