"""Loss masks for TRL's preference trainers, so that only the student's own tokens are trained (`models/chat.py`).

TRL trains everything that follows the prompt. In an attempt of several turns, that would include the output of the
sandbox and the markup between turns.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import torch

from tabletutor.models.chat import Tokenizer, encode, prompt_length
from tabletutor.models.prompt import Message

Masks = dict[tuple[int, ...], list[bool]]  # by the ids of a completion: which of them are trained


def completion_masks(tokenizer: Tokenizer, pairs: Iterable[tuple[Sequence[Message], Sequence[Message]]]) -> Masks:
    """Return the masks of completions, given as pairs of prompt and completion."""
    masks: Masks = {}
    for prompt, completion in pairs:
        ids, trained = encode(tokenizer, [*prompt, *completion])
        start = prompt_length(tokenizer, prompt, ids)
        masks[tuple(ids[start:])] = trained[start:]
    return masks


def with_masks(collator: Any, masks: Masks, columns: dict[str, tuple[str, ...]]) -> Any:
    """Wrap a collator of TRL so that its batches use `masks`.

    `columns` maps each mask in a batch to the columns of ids that it covers, in the order of the batch's rows.
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
