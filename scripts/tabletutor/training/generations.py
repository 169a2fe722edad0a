"""Sample generations for a few validation prompts during training."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from tabletutor.models.chat import Tokenizer, opening_ids
from tabletutor.models.load import Model
from tabletutor.models.prompt import Message
from tabletutor.records.record import read_records
from tabletutor.rows.row import Row
from tabletutor.training.rows import sample_rows

MAX_NEW_TOKENS = 96  # tokens of a sample


class Prompt(NamedTuple):
    """The token ids of a prompt, and its question."""

    question_id: str
    ids: list[int]


def read_prompts(path: Path, kind: type[Row], tokenizer: Tokenizer, limit: int) -> list[Prompt]:
    """Return the prompts of at most `limit` sampled rows of a file. A prompt ends before the first trained turn."""
    rows = sample_rows(read_records(path, kind), limit)
    return [Prompt(row.question_id, opening_ids(tokenizer, _prompt(row))) for row in rows]


def _prompt(row: Row) -> list[Message]:
    messages = row.conversations()[0]
    roles = [message["role"] for message in messages]
    first = roles.index("assistant") if "assistant" in roles else len(roles)
    return messages[: row.prompt_message_count() or first]


def generate_samples(model: Model, tokenizer: Tokenizer, prompts: Sequence[Prompt], step: int) -> list[str]:
    """Generate a greedy answer to each prompt; return one line of JSON each, with `step`, `question_id` and `text`."""
    training = model.training
    model.eval()
    lines: list[str] = []
    with torch.no_grad():
        for prompt in prompts:
            ids = torch.tensor([prompt.ids], device=model.device)
            output = model.generate(
                input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=MAX_NEW_TOKENS, do_sample=False,
                eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
            )  # fmt: skip
            text = tokenizer.decode(output[0, len(prompt.ids) :], skip_special_tokens=True)
            lines.append(json.dumps({"step": step, "question_id": prompt.question_id, "text": text}, sort_keys=True))
    model.train(training)
    return lines
