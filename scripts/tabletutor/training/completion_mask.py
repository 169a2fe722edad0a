"""What of a completion is trained where TRL trains: what `models/chat.py` says, as for every other method.

TRL takes all that follows a prompt for the completion. Of a whole attempt that is also what the sandbox printed and the
markup between turns, which a student is told and does not say.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from tabletutor.models.chat import Tokenizer, encode, prompt_length
from tabletutor.models.prompt import Message

Masks = dict[tuple[int, ...], list[bool]]  # for the ids of a completion, which of them are trained


def completion_masks(tokenizer: Tokenizer, pairs: Iterable[tuple[Sequence[Message], Sequence[Message]]]) -> Masks:
    """The masks of completions, each given with the prompt it follows."""
    masks: Masks = {}
    for prompt, completion in pairs:
        ids, trained = encode(tokenizer, [*prompt, *completion])
        start = prompt_length(tokenizer, prompt, ids)
        masks[tuple(ids[start:])] = trained[start:]
    return masks


def masked(collator: Any, masks: Masks, columns: dict[str, tuple[str, ...]]) -> Any:
    """A collator of TRL's, whose masks are those of `masks`. `columns` has for each mask it makes the columns of ids
    whose rows it is made of, one after the other.
    """

    def collate(examples: list[dict[str, Any]]) -> dict[str, Any]:
        batch = collator(examples)
        for name, sources in columns.items():
            rows = [(example["prompt_ids"], example[source]) for source in sources for example in examples]
            for mask, (prompt, completion) in zip(batch[name], rows, strict=True):
                end = len(prompt) + len(completion)
                mask[len(prompt) : end] = torch.tensor(masks[tuple(completion)], dtype=mask.dtype)
        return batch

    return collate
