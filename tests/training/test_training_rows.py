"""The rows, and the tokens of them, that TRL's trainers train on."""

import json
import shutil
from pathlib import Path

import pytest

from tabletutor.models.chat import encode as encode_chat
from tabletutor.models.chat import opening_ids
from tabletutor.models.load import load_tokenizer
from tabletutor.training.completion_mask import completion_masks, with_masks
from tests.support.training_runs import losses_of, settings, train

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_of_a_completion_only_what_was_said_is_trained(project: Path) -> None:
    """TRL's masks of whole attempts include the sandbox's output; ours do not."""
    from trl.trainer.dpo_trainer import DataCollatorForPreference

    tokenizer = load_tokenizer(project / "model")
    rows = [json.loads(line) for line in (project / "orm-pairs" / "train.jsonl").read_text().splitlines()[:6]]
    sides = ("chosen", "rejected")
    examples = [
        {
            "prompt_ids": opening_ids(tokenizer, row["prompt"]),
            **{
                f"{side}_ids": encode_chat(tokenizer, row["prompt"] + row[side])[0][
                    len(opening_ids(tokenizer, row["prompt"])) :
                ]
                for side in sides
            },
        }
        for row in rows
    ]
    theirs = DataCollatorForPreference(tokenizer.pad_token_id)
    masks = completion_masks(tokenizer, ((row["prompt"], row[side]) for row in rows for side in sides))
    ours = with_masks(theirs, masks, {"completion_mask": ("chosen_ids", "rejected_ids")})
    trained = [
        [
            tokenizer.decode(ids[mask.bool()])
            for ids, mask in zip(batch["input_ids"], batch["completion_mask"], strict=True)
        ]
        for batch in (theirs(examples), ours(examples))
    ]
    expected = [
        "".join(f"{message['content']}<|im_end|>" for message in row[side] if message["role"] == "assistant")
        for side in sides
        for row in rows
    ]
    assert trained[1] == expected
    assert any("<|im_start|>user" in text for text in trained[0])


def test_rows_of_kto_are_shuffled(project: Path, tmp_path: Path) -> None:
    """TRL keeps the order of rows, and a file has related rows next to each other."""
    shutil.copytree(project / "kto", tmp_path / "sorted")
    lines = (tmp_path / "sorted" / "train.jsonl").read_text().splitlines(keepends=True)
    ordered = sorted(lines, key=lambda line: bool(json.loads(line)["label"]))
    (tmp_path / "sorted" / "train.jsonl").write_text("".join(ordered))
    (first, *_) = train(project, tmp_path / "sorted", tmp_path / "out", settings("kto", max_steps=1))
    assert {"rewards/chosen", "rewards/rejected"} <= first.keys()


def test_neither_epochs_nor_steps_are_exceeded(project: Path, tmp_path: Path) -> None:
    shutil.copytree(project / "dpo", tmp_path / "few")
    lines = (tmp_path / "few" / "train.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "few" / "train.jsonl").write_text("".join(lines[:9]))
    for epochs, steps, expected in ((1.5, 100, 3), (1.5, 2, 2), (1.5, None, 3)):
        config = settings("dpo", epochs=epochs, max_steps=steps)
        metrics = train(project, tmp_path / "few", tmp_path / f"{epochs} {steps}", config)
        assert len(losses_of(metrics, "train")) == expected


def test_rows_of_another_kind_are_named(project: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"train\.jsonl:1: not a PairRow: .*unknown field `completion`"):
        train(project, project / "kto", tmp_path / "out", settings("dpo"))
    with pytest.raises(ValueError, match=r"no row has at most training\.max_length = 64 tokens; raise that limit"):
        train(project, project / "dpo", tmp_path / "out", settings("dpo", max_length=64))


@pytest.mark.parametrize(("method", "rows"), [("sft", "sft-standard"), ("dpo", "dpo"), ("prm", "prm")])
def test_a_run_needs_no_validation_rows(method: str, rows: str, project: Path, tmp_path: Path) -> None:
    """Validation rows are required only for `keep: best` and `patience`."""
    shutil.copytree(project / rows, tmp_path / "rows")
    (tmp_path / "rows" / "validation.jsonl").write_bytes(b"")
    lines = train(project, tmp_path / "rows", tmp_path / "out", settings(method, max_steps=2, samples=0))
    assert [line["split"] for line in lines] == ["train", "train"]
    with pytest.raises(ValueError, match=r"validation\.jsonl: no validation rows, but training\.keep: best"):
        train(project, tmp_path / "rows", tmp_path / "best", settings(method, max_steps=2, keep="best"))
