"""Each method on each format: it learns what the labels say, and goes on bit for bit where it was stopped."""

import json
import random
import shutil
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars
import pytest
from cases import above

from tabletutor.config.formats import KNOBS, FormatConfig
from tabletutor.config.models import ScratchModelConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.training import MethodConfig
from tabletutor.formats.registry import find as find_format
from tabletutor.models.chat import encode as encode_chat
from tabletutor.models.chat import opening_ids
from tabletutor.models.load import load_student, load_tokenizer
from tabletutor.models.scratch import make_scratch
from tabletutor.records.record import encode
from tabletutor.sandbox.shared import Sandboxes
from tabletutor.students.rollout import Student
from tabletutor.training.attempts import Attempts
from tabletutor.training.masks import completion_masks, masked
from tabletutor.training.registry import find
from tabletutor.training.run import Answering, TrainingFiles, TrainingRun
from tabletutor.training.tracking import Tracker, Trackers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SIZES = ScratchModelConfig(source="scratch", vocabulary=512, hidden=32, layers=2, heads=2, positions=1024)
FORMATS = {
    "sft-standard": "sft", "sft-interleaved": "sft", "sft-masked": "sft", "dpo": "dpo", "kto": "kto", "orm": "kto",
    "orm-pairs": "reward", "prm": "prm", "rl": "grpo",
}  # fmt: skip
WHOLE: dict[str, Any] = {"lora": None, "dtype": "float32"}


class Stopped(Exception):
    """Stands for whatever ends a run."""


class Stopping:
    """A tracker that ends the run at a step, after its line was written."""

    def __init__(self, step: int) -> None:
        self._step = step

    def start(self, run: str, parameters: dict[str, Any]) -> None:
        pass

    def log(self, step: int, metrics: dict[str, float]) -> None:
        if step == self._step:
            raise Stopped

    def end(self) -> None:
        pass


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows of every format, a table, and a model whose tokenizer fits them."""
    folder: Path = tmp_path_factory.mktemp("methods")
    for name in FORMATS:
        kind, knobs = find_format(name), KNOBS.get(name, FormatConfig)()
        for split, limits in (("train", range(60)), ("validation", range(60, 72))):
            rows = [row for limit in limits for row in kind.rows(above(limit), knobs, 0)]
            (folder / name).mkdir(exist_ok=True)
            (folder / name / f"{split}.jsonl").write_bytes(b"".join(encode(row) + b"\n" for row in rows))
    table = folder / "results" / "tables" / "t" / "table.parquet"
    table.parent.mkdir(parents=True)
    polars.DataFrame({"wind": [float(value) for value in range(90)]}).write_parquet(table)
    texts = [(folder / name / "train.jsonl").read_text() for name in ("sft-standard", "prm")]
    (folder / "model").mkdir()
    make_scratch(SIZES, texts, 0, folder / "model")
    return folder


def tables(project: Path) -> dict[str, Path]:
    return {path.parent.name: path for path in project.glob("results/tables/*/table.parquet")}


def settings(method: str, **changes: Any) -> MethodConfig:
    common = {
        "method": method, "max_tokens": 512, "batch_size": 8, "epochs": 50, "max_steps": 8, "eval_every": 4,
        "eval_rows": 8, "checkpoint_every": 2, "checkpoint_seconds": 1000, "learning_rate": 3e-3, "threads": 1,
        "lora": {"r": 4}, **({"max_new_tokens": 8, "temperature": 1.0} if method == "grpo" else {}),
    }  # fmt: skip
    return find(method).CONFIG.model_validate({**common, **changes})


def train(
    project: Path,
    rows: Path,
    out: Path,
    config: MethodConfig,
    start: Path | None = None,
    tracker: Tracker | None = None,
) -> list[dict[str, Any]]:
    """Train a run; the lines of its metrics."""
    method = config.model_dump()["method"]
    files = TrainingFiles(
        project / "model", start, rows / "train.jsonl", rows / "validation.jsonl", out,
        out.with_name(f"{out.name}.cache"),
    )  # fmt: skip
    answering = Answering(tables(project), {"sessions": 2}, {}, whole_turns=False) if method == "grpo" else None
    find(method).train(TrainingRun("run", 3, "code", files, tracker or Trackers([]), answering), config)
    return [json.loads(line) for line in (out / "metrics.ndjson").read_text().splitlines()]


def shuffled(name: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with labels that say nothing: of texts to be learnt, the words in any order."""
    source = random.Random(1)
    if "messages" in rows[0]:
        return [{**row, "messages": [_mixed(message, source) for message in row["messages"]]} for row in rows]
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


def _mixed(message: dict[str, Any], source: random.Random) -> dict[str, Any]:
    if message["role"] != "assistant":
        return message
    words = message["content"].split(" ")
    source.shuffle(words)
    return {**message, "content": " ".join(words)}


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "rl"])
def test_a_format_teaches_what_its_labels_say(name: str, project: Path, tmp_path: Path) -> None:
    """Loss falls; on rows held out it is lower than after training on shuffled labels."""
    lines = (project / name / "train.jsonl").read_text().splitlines()
    mixed = tmp_path / "mixed"
    shutil.copytree(project / name, mixed)
    rows = shuffled(name, [json.loads(line) for line in lines])
    (mixed / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    steps = {"prm": 60, "orm": 60}.get(name, 80 if FORMATS[name] == "sft" else 30)
    config = settings(FORMATS[name], **WHOLE, max_steps=steps, eval_every=steps, eval_rows=24, checkpoint_every=1000)
    right = train(project, project / name, tmp_path / "right", config)
    wrong = train(project, mixed, tmp_path / "wrong", config)
    losses = [line["loss"] for line in right if line["split"] == "train"]
    assert sum(losses[-5:]) < 0.9 * sum(losses[:5])
    print(name, losses[0], losses[-1], right[-1]["loss"], wrong[-1]["loss"])
    assert right[-1]["split"] == wrong[-1]["split"] == "validation"
    assert right[-1]["loss"] < 0.95 * wrong[-1]["loss"]


@pytest.fixture(scope="module")
def halting(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint of a student that writes code which runs half of the time."""
    tmp_path: Path = tmp_path_factory.mktemp("halting")
    codes = ("df.head(1)", "df.head(1")
    rows = [json.loads(line) for line in (project / "sft-standard" / "train.jsonl").read_text().splitlines()]
    taught = tmp_path / "rows"
    taught.mkdir()
    for split in ("train", "validation"):
        told = [
            {**row, "messages": [*row["messages"][:2], {"role": "assistant", "content": f"```python\n{code}\n```"}]}
            for row in rows
            for code in codes
        ]
        (taught / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in told))
    train(project, taught, tmp_path / "student", settings("sft", **WHOLE, max_steps=250, eval_every=250))
    return tmp_path / "student"


def test_rewards_teach_what_runs(project: Path, halting: Path, tmp_path: Path) -> None:
    """A student that writes code which runs half of the time learns, by running it, to do so more often."""
    sampled = {
        "generations": 8, "batch_size": 32, "max_new_tokens": 24, "turn_limit": 1, "right_weight": 0, "runs_weight": 1,
    }  # fmt: skip
    config = settings("grpo", **WHOLE, **sampled, max_steps=12, eval_every=12, scheduler="constant")
    lines = train(project, project / "rl", tmp_path / "rewarded", config, start=halting)
    rewards = [line["reward"] for line in lines if line["split"] == "train"]
    assert 0.1 < sum(rewards[:3]) / 3 < 0.6
    assert sum(rewards[-3:]) / 3 > sum(rewards[:3]) / 3 + 0.2


@pytest.mark.parametrize("whole_turns", [False, True])
def test_only_what_a_student_chose_is_rewarded(project: Path, halting: Path, whole_turns: bool) -> None:
    """Over several turns, what is trained is what it said; prompts, results and markup between turns are told."""
    rows = [json.loads(line) for line in (project / "rl" / "train.jsonl").read_text().splitlines()[:3]]
    model, tokenizer = load_student(project / "model", halting, "float32"), load_tokenizer(project / "model")
    config = settings("grpo", turn_limit=3, max_new_tokens=24)
    answering = Answering(tables(project), {}, {}, whole_turns)
    prompts = [row["prompt"] for row in rows for _ in range(4)]
    accelerator, state = SimpleNamespace(unwrap_model=lambda each: each), SimpleNamespace(global_step=1)
    trainer = SimpleNamespace(accelerator=accelerator, model=model, state=state)
    with Sandboxes(SandboxConfig(sessions=2)) as sandboxes:
        attempts = Attempts(rows, Student("run", tokenizer, 0), config, answering, sandboxes)
        made, again = attempts(prompts, trainer), attempts(prompts, trainer)
    assert made == again, "chance follows from seed, question and step"
    assert len({tuple(ids) for ids in made["completion_ids"][:4]}) > 1, "four attempts at one question differ"
    assert 0 < sum(made["ran"]) < len(prompts)
    stop = tokenizer.eos_token_id
    stopped: list[bool] = []
    for prompt, opened, ids, chosen in zip(
        prompts, made["prompt_ids"], made["completion_ids"], made["env_mask"], strict=True
    ):
        assert opened == opening_ids(tokenizer, prompt)
        parts = [
            (mark, [token for token, _ in part])
            for mark, part in groupby(zip(ids, chosen, strict=True), lambda each: each[1])
        ]
        assert [mark for mark, _ in parts] == [1, 0, 1, 0, 1], "three turns, two replies"
        for (_, said), (_, told) in zip(parts[::2], parts[1::2], strict=False):
            assert (said[-1] == stop) != (told[0] == stop), "one stop token, chosen or told"
            text = tokenizer.decode(told).removeprefix("<|im_end|>")
            assert text.startswith("\n<|im_start|>user\n")
            assert text.endswith("<|im_end|>\n<|im_start|>assistant\n")
        stopped += [said[-1] == stop for _, said in parts[::2]]
    assert (sum(stopped) > len(stopped) / 2) is whole_turns, "else a turn ends with its code"


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("sft-standard", {**WHOLE, "ema": 0.9, "keep": "best", "samples": 1}),
        # dropout draws from torch's random state, which must come back too; states are kept by time alone
        ("sft-standard", {"lora": {"r": 4, "dropout": 0.3}, "checkpoint_every": 1000, "checkpoint_seconds": 1e-6}),
        ("dpo", {"ema": 0.9, "keep": "best", "samples": 1, "accumulation": 2}),
        ("kto", WHOLE),
        ("orm-pairs", {}),
        ("prm", WHOLE),
        ("rl", {"beta": 0.1}),  # with five questions, two a step: over several epochs
    ],
)
def test_stopped_and_resumed_is_bit_for_bit_the_same(
    name: str, changes: dict[str, Any], project: Path, tmp_path: Path
) -> None:
    config = settings(FORMATS[name], **changes)
    rows = tmp_path / "rows"
    shutil.copytree(project / name, rows)
    if name == "rl":
        lines = (rows / "train.jsonl").read_text().splitlines(keepends=True)
        (rows / "train.jsonl").write_text("".join(lines[:5]))
    train(project, rows, tmp_path / "whole", config)
    with pytest.raises(Stopped):
        train(project, rows, tmp_path / "cut", config, tracker=Stopping(7))
    assert not (tmp_path / "cut" / "SHA256SUMS").exists()
    states = [*tmp_path.glob("cut.cache/**/resume.state"), *tmp_path.glob("cut.cache/**/checkpoint-6/SHA256SUMS")]
    assert len(states) == 1
    train(project, rows, tmp_path / "cut", config)
    files = [path.name for path in (tmp_path / "whole").iterdir() if path.name != "timing.json"]
    assert len(files) in (5, 8)
    for file in files:
        assert (tmp_path / "cut" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes(), file
    assert not [*tmp_path.glob("cut.cache/**/resume.state"), *tmp_path.glob("cut.cache/**/checkpoint-*")]


def test_a_checkpoint_that_is_not_whole_is_left_alone(project: Path, tmp_path: Path) -> None:
    """Of two, the older one is taken up, and the result is the same."""
    config = settings("dpo")
    train(project, project / "dpo", tmp_path / "whole", config)
    with pytest.raises(Stopped):
        train(project, project / "dpo", tmp_path / "cut", config, tracker=Stopping(7))
    (newest,) = tmp_path.glob("cut.cache/**/checkpoint-6")
    with (newest / "optimizer.pt").open("r+b") as stream:
        stream.truncate(100)
    train(project, project / "dpo", tmp_path / "cut", config)
    weights = "adapter_model.safetensors"
    assert (tmp_path / "cut" / weights).read_bytes() == (tmp_path / "whole" / weights).read_bytes()


def test_of_a_completion_only_what_was_said_is_trained(project: Path) -> None:
    """TRL's masks of whole attempts hold what the sandbox printed too; ours do not."""
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
    ours = masked(theirs, masks, {"completion_mask": ("chosen_ids", "rejected_ids")})
    trained = [
        [
            tokenizer.decode(ids[mask.bool()])
            for ids, mask in zip(batch["input_ids"], batch["completion_mask"], strict=True)
        ]
        for batch in (theirs(examples), ours(examples))
    ]
    said = [
        "".join(f"{message['content']}<|im_end|>" for message in row[side] if message["role"] == "assistant")
        for side in sides
        for row in rows
    ]
    assert trained[1] == said
    assert any("<|im_start|>user" in text for text in trained[0])


def test_rows_of_kto_are_shuffled(project: Path, tmp_path: Path) -> None:
    """A file has what belongs together in one place, and TRL takes it as it stands."""
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


def test_a_loss_that_is_no_number_stops_the_run(project: Path, tmp_path: Path) -> None:
    wild = {**WHOLE, "learning_rate": 1e30, "max_grad_norm": 1e30, "scheduler": "constant", "warmup_share": 0}
    with pytest.raises(RuntimeError, match=r"loss is no longer a number; lower the run's training\.learning_rate"):
        train(project, project / "dpo", tmp_path / "out", settings("dpo", **wild))


def losses_of(lines: list[dict[str, Any]], split: str) -> list[float]:
    return [line["loss"] for line in lines if line["split"] == split]


@pytest.mark.parametrize("name", ["sft-standard", "dpo"])
def test_a_run_ends_where_it_no_longer_learns_and_keeps_the_best(name: str, project: Path, tmp_path: Path) -> None:
    spoilt = {**WHOLE, "learning_rate": 0.3, "scheduler": "constant", "max_grad_norm": 100.0, "warmup_share": 0}
    config = settings(FORMATS[name], **spoilt, max_steps=12, eval_every=1, patience=1, keep="best")
    lines = train(project, project / name, tmp_path / "out", config)
    validation = losses_of(lines, "validation")
    assert len(validation) == validation.index(min(validation)) + 2 < 12
    shorter = settings(FORMATS[name], **spoilt, max_steps=validation.index(min(validation)) + 1)
    train(project, project / name, tmp_path / "best", shorter)
    weights = "model.safetensors"
    assert (tmp_path / "out" / weights).read_bytes() == (tmp_path / "best" / weights).read_bytes()


def test_a_run_goes_on_from_another(project: Path, tmp_path: Path) -> None:
    """The loss begins where the other's ended; a reference model is the one it starts from."""
    first = train(project, project / "sft-standard", tmp_path / "first", settings("sft", max_steps=40))
    again = train(
        project, project / "sft-standard", tmp_path / "again", settings("sft", warmup_share=0), tmp_path / "first"
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
    """A checkpoint gives, as a student, the loss it had at the end of its training."""
    import torch

    from tabletutor.training.rows import drawn, read_rows

    config = settings("sft", lora=lora, dtype="float32", eval_every=8)
    lines = train(project, project / "sft-standard", tmp_path / "out", config)
    student = load_student(project / "model", tmp_path / "out", "float32")
    total, count = 0.0, 0
    rows = drawn(read_rows(project / "sft-standard" / "validation.jsonl", load_tokenizer(project / "model")), 8)
    with torch.no_grad():
        for row in rows:
            logits = student(input_ids=torch.tensor([row.ids])).logits[0, :-1]
            kept = torch.tensor(row.trained[1:])
            target = torch.tensor(row.ids[1:])[kept]
            total += torch.nn.functional.cross_entropy(logits[kept], target, reduction="sum").item()
            count += len(target)
    rounded = 0.02 if lora is None else 1e-4  # a whole model is written in bfloat16
    assert total / count == pytest.approx(losses_of(lines, "validation")[-1], rel=rounded)
    assert total / count < losses_of(lines, "train")[0]


def test_less_memory_gives_the_same_bytes(project: Path, tmp_path: Path) -> None:
    for name, checkpointing in (("kept", False), ("made", True)):
        config = settings("sft", gradient_checkpointing=checkpointing, max_steps=3)
        train(project, project / "sft-standard", tmp_path / name, config)
    weights = "adapter_model.safetensors"
    assert (tmp_path / "kept" / weights).read_bytes() == (tmp_path / "made" / weights).read_bytes()


def test_rows_of_another_kind_are_named(project: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"train\.jsonl:1: not a PairRow: .*unknown field `completion`"):
        train(project, project / "kto", tmp_path / "out", settings("dpo"))
    with pytest.raises(ValueError, match=r"no row of at most training\.max_tokens = 64 tokens; raise it"):
        train(project, project / "dpo", tmp_path / "out", settings("dpo", max_tokens=64))
