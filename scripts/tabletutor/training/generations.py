"""Sample generations for a few validation prompts during training."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from tabletutor.models.chat import Tokenizer, opening_ids
from tabletutor.models.load import Model
from tabletutor.training.rows import sample_rows

MAX_NEW_TOKENS = 96  # tokens of a sample


class Prompt(NamedTuple):
    """The token ids of a prompt, and its question."""

    question_id: str
    ids: list[int]


def read_prompts(path: Path, tokenizer: Tokenizer, limit: int) -> list[Prompt]:
    """Return the prompts of at most `limit` sampled rows of a file. A prompt ends before the first assistant turn."""
    prompts: list[Prompt] = []
    lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line]
    for line in sample_rows(lines, limit):
        row: Any = json.loads(line)
        messages: list[Any] = row["prompt"] if "prompt" in row else row["messages"]
        if "prompt" not in row:
            messages = messages[: next(at for at, message in enumerate(messages) if message["role"] == "assistant")]
        prompts.append(Prompt(str(row["question_id"]), opening_ids(tokenizer, messages)))
    return prompts


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
