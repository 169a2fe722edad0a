"""Each method learns from the labels of each format."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tabletutor.models.load import load_student, load_tokenizer
from tests.support.training_runs import FORMATS, WHOLE, losses_of, settings, train

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def shuffled(name: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with random labels; in conversations, the assistant's turns are exchanged."""
    source = random.Random(1)
    if "messages" in rows[0]:
        contents = [each["content"] for row in rows for each in row["messages"] if each["role"] == "assistant"]
        source.shuffle(contents)
        return [{**row, "messages": [_with_next(each, contents) for each in row["messages"]]} for row in rows]
    if "labels" in rows[0]:
        labels = [label for row in rows for label in row["labels"]]
        source.shuffle(labels)
        return [{**row, "labels": [labels.pop() for _ in row["labels"]]} for row in rows]
    if "label" in rows[0]:
        labels = [row["label"] for row in rows]
        source.shuffle(labels)
        return [{**row, "label": label} for row, label in zip(rows, labels, strict=True)]
    return [
        {**row, "chosen": row["rejected"], "rejected": row["chosen"]} if source.random() < 0.5 else row for row in rows
    ]


def _with_next(message: dict[str, Any], contents: list[str]) -> dict[str, Any]:
    return {**message, "content": contents.pop()} if message["role"] == "assistant" else message


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "rl"])
def test_a_format_teaches_what_its_labels_say(name: str, project: Path, tmp_path: Path) -> None:
    """The loss falls, and on held-out rows it is lower than after training on shuffled labels."""
    lines = (project / name / "train.jsonl").read_text().splitlines()
    mixed = tmp_path / "mixed"
    shutil.copytree(project / name, mixed)
    rows = shuffled(name, [json.loads(line) for line in lines])
    (mixed / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    steps = {"prm": 60, "orm": 60}.get(name, 200 if FORMATS[name] == "sft" else 30)
    config = settings(FORMATS[name], **WHOLE, max_steps=steps, eval_steps=steps, eval_rows=24, save_steps=1000)
    right = train(project, project / name, tmp_path / "right", config)
    wrong = train(project, mixed, tmp_path / "wrong", config)
    losses = [line["loss"] for line in right if line["split"] == "train"]
    assert sum(losses[-5:]) < 0.9 * sum(losses[:5])
    print(name, losses[0], losses[-1], right[-1]["loss"], wrong[-1]["loss"])
    assert right[-1]["split"] == wrong[-1]["split"] == "validation"
    assert right[-1]["loss"] < 0.95 * wrong[-1]["loss"]


def test_a_mistake_in_a_masked_row_is_not_learnt(project: Path, tmp_path: Path) -> None:
    """Mistaken turns have a higher loss than after training on them."""
    lines = (project / "sft-masked" / "train.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if any(map(is_mistake, row["messages"]))]
    assert len(rows) == 60
    for name, weigh in (("masked", is_taught), ("whole", lambda turn: True)):
        folder = tmp_path / name
        folder.mkdir()
        for split, weight in (("train", weigh), ("validation", is_mistake)):
            (folder / f"{split}.jsonl").write_text("".join(json.dumps(weighed(row, weight)) + "\n" for row in rows))
    config = settings("sft", **WHOLE, max_steps=150, eval_steps=150, eval_rows=24, save_steps=1000)
    masked, whole = (
        losses_of(train(project, tmp_path / name, tmp_path / f"{name}-out", config), "validation")[-1]
        for name in ("masked", "whole")
    )
    print("mistakes", masked, whole)
    assert masked > 1.5 * whole


def is_mistake(turn: dict[str, Any]) -> bool:
    return turn["role"] == "assistant" and turn["weight"] == 0


def is_taught(turn: dict[str, Any]) -> bool:
    return not is_mistake(turn)


def weighed(row: dict[str, Any], weight: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Return the row with new weights of its assistant turns."""
    messages = [
        {**turn, "weight": int(weight(turn))} if turn["role"] == "assistant" else turn for turn in row["messages"]
    ]
    return {**row, "messages": messages}


def test_a_loss_that_is_no_number_stops_the_run(project: Path, tmp_path: Path) -> None:
    wild = {**WHOLE, "learning_rate": 1e30, "max_grad_norm": 1e30, "scheduler": "constant", "warmup_ratio": 0}
    with pytest.raises(RuntimeError, match=r"loss is no longer a number; lower the run's training\.learning_rate"):
        train(project, project / "dpo", tmp_path / "out", settings("dpo", **wild))


@pytest.mark.parametrize("name", ["sft-standard", "dpo"])
def test_a_run_ends_where_it_no_longer_learns_and_keeps_the_best(name: str, project: Path, tmp_path: Path) -> None:
    spoilt = {**WHOLE, "learning_rate": 1.0, "scheduler": "constant", "max_grad_norm": 100.0, "warmup_ratio": 0}
    config = settings(FORMATS[name], **spoilt, max_steps=12, eval_steps=1, patience=1, keep="best")
    lines = train(project, project / name, tmp_path / "out", config)
    validation = losses_of(lines, "validation")
    assert len(validation) == validation.index(min(validation)) + 2 < 12
    shorter = settings(FORMATS[name], **spoilt, max_steps=validation.index(min(validation)) + 1)
    train(project, project / name, tmp_path / "best", shorter)
    weights = "model.safetensors"
    assert (tmp_path / "out" / weights).read_bytes() == (tmp_path / "best" / weights).read_bytes()


def test_a_run_goes_on_from_another(project: Path, tmp_path: Path) -> None:
    """The loss begins where the first run's ended, and the reference model is the run's start."""
    first = train(project, project / "sft-standard", tmp_path / "first", settings("sft", max_steps=40))
    again = train(
        project, project / "sft-standard", tmp_path / "again", settings("sft", warmup_ratio=0), tmp_path / "first"
    )
    assert losses_of(again, "train")[0] == pytest.approx(losses_of(first, "validation")[-1], rel=0.2)
    lines = train(project, project / "dpo", tmp_path / "dpo", settings("dpo"), tmp_path / "first")
    assert losses_of(lines, "train")[0] == pytest.approx(0.6931, abs=1e-3), "rewards are 0 at the reference"
    assert (tmp_path / "dpo" / "adapter_config.json").read_bytes() == (
        tmp_path / "first" / "adapter_config.json"
    ).read_bytes()


@pytest.mark.parametrize(
    "lora", [{"r": 4, "use_dora": True}, {"r": 4, "use_rslora": True}, {"r": 4, "bias": "all", "skip_layers": 1}, None]
)
def test_what_was_trained_is_what_answers(lora: dict[str, Any] | None, project: Path, tmp_path: Path) -> None:
    """A checkpoint loaded as a student has the loss of the end of its training."""
    import torch

    from tabletutor.training.rows import read_rows, sample_rows

    config = settings("sft", lora=lora, dtype="float32", eval_steps=8)
    lines = train(project, project / "sft-standard", tmp_path / "out", config)
    student = load_student(project / "model", tmp_path / "out", "float32")
    total, count = 0.0, 0
    rows = sample_rows(read_rows(project / "sft-standard" / "validation.jsonl", load_tokenizer(project / "model")), 8)
    with torch.no_grad():
        for row in rows:
            logits = student(input_ids=torch.tensor([row.ids])).logits[0, :-1]
            mask = torch.tensor(row.trained[1:])
            target = torch.tensor(row.ids[1:])[mask]
            total += torch.nn.functional.cross_entropy(logits[mask], target, reduction="sum").item()
            count += len(target)
    rounded = 0.02 if lora is None else 1e-4  # a whole model is written in bfloat16
    assert total / count == pytest.approx(losses_of(lines, "validation")[-1], rel=rounded)
    assert total / count < losses_of(lines, "train")[0]
