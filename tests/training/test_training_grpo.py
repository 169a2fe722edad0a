"""`grpo`: a student answers questions, is rewarded, and is trained on the tokens that it chose."""

import json
import shutil
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace

import pytest

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.models.chat import opening_ids
from tabletutor.models.load import load_student, load_tokenizer
from tabletutor.sandbox.host.sandboxes import Sandboxes
from tabletutor.students.rollout import Answerer
from tabletutor.training.rollout_func import Attempts
from tabletutor.training.run import Answering
from tests.support.training_runs import WHOLE, settings, tables, train

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def halting(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint of a student whose code runs half of the time."""
    return saying(project, tmp_path_factory.mktemp("halting"), "df.head(1)", "df.head(1")


def saying(project: Path, tmp_path: Path, *codes: str) -> Path:
    """Train a student that writes each of these cells equally often; return its checkpoint."""
    rows = [json.loads(line) for line in (project / "sft-standard" / "train.jsonl").read_text().splitlines()]
    folder = tmp_path / "rows"
    folder.mkdir()
    for split in ("train", "validation"):
        turns = [{"role": "assistant", "content": f"```python\n{code}\n```", "weight": 1} for code in codes]
        written = [{**row, "messages": [*row["messages"][:2], turn]} for row in rows for turn in turns]
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in written))
    train(project, folder, tmp_path / "student", settings("sft", **WHOLE, max_steps=250, eval_steps=250))
    return tmp_path / "student"


def test_rewards_teach_what_runs(project: Path, halting: Path, tmp_path: Path) -> None:
    """A student whose code runs half of the time learns to write running code more often."""
    sampled = {
        "generations": 8, "batch_size": 32, "max_new_tokens": 24, "max_turns": 1, "correct_weight": 0,
        "execution_weight": 1,
    }  # fmt: skip
    config = settings("grpo", **WHOLE, **sampled, max_steps=12, eval_steps=12, scheduler="constant")
    lines = train(project, project / "rl", tmp_path / "rewarded", config, start=halting)
    rewards = [line["reward"] for line in lines if line["split"] == "train"]
    assert 0.1 < sum(rewards[:3]) / 3 < 0.6
    assert sum(rewards[-3:]) / 3 > sum(rewards[:3]) / 3 + 0.2


def test_rewards_teach_what_is_right(project: Path, tmp_path: Path) -> None:
    """A student that is right half of the time becomes right more often on held-out questions, but not if half of the
    answers that it is graded by are wrong.
    """
    guessing = saying(project, tmp_path, "submit(1.5)", "submit(9)")
    rows = [json.loads(line) for line in (project / "rl" / "train.jsonl").read_text().splitlines()]
    mixed = tmp_path / "mixed"
    shutil.copytree(project / "rl", mixed)
    changed = [{**row, "answer": answer} for row, answer in zip(rows, ["1.5", "9"] * 30, strict=True)]
    (mixed / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in changed))
    sampled = {"generations": 8, "batch_size": 32, "max_new_tokens": 24, "max_turns": 1, "execution_weight": 0}
    config = settings("grpo", **WHOLE, **sampled, max_steps=12, eval_steps=12, scheduler="constant")
    right, wrong = (
        train(project, folder, tmp_path / f"{folder.name}-out", config, start=guessing)
        for folder in (project / "rl", mixed)
    )
    print("rl", [[line["reward"] for line in lines] for lines in (right, wrong)])
    assert right[-1]["split"] == wrong[-1]["split"] == "validation"
    assert right[-1]["reward"] > wrong[-1]["reward"] + 0.2


@pytest.mark.parametrize("whole_turns", [False, True])
def test_only_what_a_student_chose_is_rewarded(project: Path, halting: Path, whole_turns: bool) -> None:
    """Over several turns, the tokens that the student chose are trained; prompts, results and markup are not."""
    rows = [json.loads(line) for line in (project / "rl" / "train.jsonl").read_text().splitlines()[:3]]
    model, tokenizer = load_student(project / "model", halting, "float32"), load_tokenizer(project / "model")
    config = settings("grpo", max_turns=3, max_new_tokens=24)
    answering = Answering(tables(project), {}, {}, whole_turns)
    prompts = [row["prompt"] for row in rows for _ in range(4)]
    accelerator, state = SimpleNamespace(unwrap_model=lambda each: each), SimpleNamespace(global_step=1)
    trainer = SimpleNamespace(accelerator=accelerator, model=model, state=state)
    with Sandboxes(SandboxConfig(sessions=2)) as sandboxes:
        attempts = Attempts(rows, Answerer("run", "student", 0), tokenizer, config, answering, sandboxes)
        made, again = attempts(prompts, trainer), attempts(prompts, trainer)
    assert made == again, "attempts depend on seed, question and step"
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
        for (_, answer), (_, reply) in zip(parts[::2], parts[1::2], strict=False):
            assert (answer[-1] == stop) != (reply[0] == stop), "one stop token, in the answer or the reply"
            text = tokenizer.decode(reply).removeprefix("<|im_end|>")
            assert text.startswith("\n<|im_start|>user\n")
            assert text.endswith("<|im_end|>\n<|im_start|>assistant\n")
        stopped += [answer[-1] == stop for _, answer in parts[::2]]
    assert (sum(stopped) > len(stopped) / 2) is whole_turns, "else a turn ends with its code"
