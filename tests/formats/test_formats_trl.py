"""Every format trains two steps in its target library from the unchanged file; reward functions run the code."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tabletutor.formats.grpo_rewards import Rewards
from tabletutor.models.prompt import assistant
from tabletutor.programs.grammar import from_json
from tabletutor.programs.pandas_source import source
from tabletutor.records.question import Question
from tabletutor.records.record import read_records

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def two_steps(trainer: Any) -> None:
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert len(losses) == 2
    assert all(loss == loss for loss in losses)


@pytest.mark.parametrize(
    "name", ["sft-standard", "sft-interleaved", "sft-masked", "dpo", "kto", "orm", "orm-pairs", "rl"]
)
def test_a_format_trains_in_trl_as_it_is(
    name: str, built: Any, files: Callable[[str], Path], model: str, tmp_path: Path
) -> None:
    import trl
    from datasets import load_dataset
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

    rows = load_dataset("json", data_files=str(files(name)), split="train", cache_dir=str(tmp_path / "hf"))
    tokenizer: Any = AutoTokenizer.from_pretrained(model)
    common: dict[str, Any] = {
        "output_dir": str(tmp_path), "max_steps": 2, "per_device_train_batch_size": 4, "logging_steps": 1,
        "save_strategy": "no", "report_to": [], "use_cpu": True, "bf16": False, "disable_tqdm": True,
    }  # fmt: skip
    given: dict[str, Any] = {"train_dataset": rows, "processing_class": tokenizer}
    if name == "orm-pairs":
        scorer: Any = AutoModelForSequenceClassification.from_pretrained(model, num_labels=1, dtype="float32")
        scorer.config.pad_token_id = tokenizer.pad_token_id
        two_steps(trl.RewardTrainer(scorer, args=trl.RewardConfig(**common, max_length=2048), **given))
        return
    student: Any = AutoModelForCausalLM.from_pretrained(model, dtype="float32")
    if name.startswith("sft"):
        two_steps(trl.SFTTrainer(student, args=trl.SFTConfig(**common, max_length=2048), **given))
    elif name == "dpo":
        two_steps(trl.DPOTrainer(student, args=trl.DPOConfig(**common, max_length=2048), **given))
    elif name in ("kto", "orm"):
        two_steps(trl.KTOTrainer(student, args=trl.KTOConfig(**common, max_length=2048), **given))
    else:
        with Rewards(built.results) as rewards:
            arguments = trl.GRPOConfig(**common, num_generations=4, max_completion_length=8)
            functions = [rewards.answers_right, rewards.runs]
            two_steps(trl.GRPOTrainer(student, reward_funcs=functions, args=arguments, **given))


def is_mistake(message: dict[str, Any]) -> bool:
    return message["role"] == "assistant" and message["weight"] == 0


def test_trl_leaves_out_what_weighs_nothing(files: Callable[[str], Path], model: str, tmp_path: Path) -> None:
    """Uses the chat template of `docs/formats.md`."""
    import trl
    from datasets import load_dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer

    template = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8").split("```jinja\n")[1].split("```")[0]
    rows = [json.loads(line) for line in files("sft-masked").read_text().splitlines()]
    with_mistakes = [row for row in rows if any(map(is_mistake, row["messages"]))][:8]
    assert len(with_mistakes) == 8
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in with_mistakes))
    data = load_dataset("json", data_files=str(tmp_path / "rows.jsonl"), split="train", cache_dir=str(tmp_path / "hf"))
    tokenizer: Any = AutoTokenizer.from_pretrained(model)
    tokenizer.chat_template = template
    student: Any = AutoModelForCausalLM.from_pretrained(model, dtype="float32")
    arguments = trl.SFTConfig(
        str(tmp_path), max_steps=2, per_device_train_batch_size=4, logging_steps=1, save_strategy="no", report_to=[],
        use_cpu=True, bf16=False, max_length=4096, assistant_only_loss=True,
    )  # fmt: skip
    trainer: Any = trl.SFTTrainer(student, args=arguments, train_dataset=data, processing_class=tokenizer)
    for row, trained in zip(with_mistakes, trainer.train_dataset, strict=True):
        ids = [token for token in trained["labels"] if token != -100]
        learnt = [each for each in row["messages"] if each["weight"]]
        assert tokenizer.decode(ids) == "".join(each["content"] + "<|im_end|>" for each in learnt)
    two_steps(trainer)


def test_a_reward_is_given_for_a_right_answer_that_was_submitted(built: Any, files: Callable[[str], Path]) -> None:
    rows = [json.loads(line) for line in files("rl").read_text().splitlines()][:8]
    questions_by_id = {
        question.question_id: question
        for each in built.tables.values()
        for question in read_records(each.questions, Question)
    }
    right = [source(from_json(questions_by_id[row["question_id"]].program or {})) for row in rows]
    given = {"answer": [row["answer"] for row in rows], "info": [row["info"] for row in rows]}

    def say(codes: list[str]) -> list[list[Any]]:
        return [[assistant("So.", code)] for code in codes]

    with Rewards(built.results) as rewards:
        assert rewards.answers_right(say(right), **given) == [1.0] * 8
        assert rewards.answers_right([text[0]["content"] for text in say(right)], **given) == [1.0] * 8
        printed = [code.replace("submit(", "print(") for code in right]
        assert rewards.answers_right(say(printed), **given) == [0.0] * 8, "a printed answer earns nothing"
        assert rewards.runs(say(printed), **given) == [1.0] * 8
        wrong = ["submit('no such answer')", "1 / 0", "submit(", "import os; os._exit(1)"]
        assert rewards.answers_right([*say(wrong), *["no code"] * 4], **given) == [0.0] * 8
        assert rewards.runs([*say(wrong), *["no code"] * 4], **given) == [1.0] + [0.0] * 7
    info = [json.dumps({**json.loads(row["info"]), "table": "gone"}) for row in rows]
    with Rewards(built.results) as rewards, pytest.raises(FileNotFoundError, match="give the results folder"):
        rewards.answers_right(say(right), given["answer"], info)
