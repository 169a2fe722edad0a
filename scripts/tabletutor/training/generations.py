"""What a model says to a few validation prompts while it is trained."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from tabletutor.models.chat import Tokenizer, opening_ids
from tabletutor.models.load import Model
from tabletutor.training.rows import drawn

LENGTH = 96  # tokens of a sample, at most


class Prompt(NamedTuple):
    """The token ids of a prompt, and the question it is about."""

    question_id: str
    ids: list[int]


def read_prompts(path: Path, tokenizer: Tokenizer, limit: int) -> list[Prompt]:
    """The prompts of `limit` rows of a format, drawn from all: what comes before the first turn that is learnt."""
    prompts: list[Prompt] = []
    lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line]
    for line in drawn(lines, limit):
        row: Any = json.loads(line)
        messages: list[Any] = row["prompt"] if "prompt" in row else row["messages"]
        if "prompt" not in row:
            messages = messages[: next(at for at, message in enumerate(messages) if message["role"] == "assistant")]
        prompts.append(Prompt(str(row["question_id"]), opening_ids(tokenizer, messages)))
    return prompts


def sample(model: Model, tokenizer: Tokenizer, prompts: Sequence[Prompt], step: int) -> list[str]:
    """A line of JSON for each prompt: what `model` says, decoded greedily, as it is at `step`."""
    training = model.training
    model.eval()
    lines: list[str] = []
    with torch.no_grad():
        for prompt in prompts:
            ids = torch.tensor([prompt.ids], device=model.device)
            said = model.generate(
                input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=LENGTH, do_sample=False,
                eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
            )  # fmt: skip
            text = tokenizer.decode(said[0, len(prompt.ids) :], skip_special_tokens=True)
            lines.append(json.dumps({"step": step, "question_id": prompt.question_id, "text": text}, sort_keys=True))
    model.train(training)
    return lines
