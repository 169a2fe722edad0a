"""Every format, training method and choice among attempts, on the smoke project; and an audit that stops the build."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tabletutor.config.formats import FORMATS
from tests.support.checkout import CONFIG, RESULTS, SNAKEMAKE, Checkout

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ADAPTED = {"dpo": "dpo", "kto": "kto", "grpo": "rl", "reward": "orm-pairs", "prm": "prm"}


def run(method: str, name: str, **more: Any) -> dict[str, Any]:
    """Return the configuration of a run of one training step."""
    short = {"lora": {"r": 4}, "max_steps": 1, "batch_size": 2, "max_length": 2048, "eval_steps": 1, "eval_rows": 2}
    return {"model": "tiny", "training": {**short, "threads": 1, "method": method, "format": name, **more}}


def check_round(results: Path, printed: str) -> None:
    """The second round of training has the rows of the first, and those of right attempts at training questions."""
    stats = json.loads((results / "rounds/second/sft-standard/stats.json").read_text())
    attempts = (results / "rounds/second/attempts/tuned.jsonl").read_text().splitlines()
    first = (results / "formats/sft-standard/train.jsonl").read_text().splitlines()
    second = (results / "rounds/second/sft-standard/train.jsonl").read_text().splitlines()
    assert stats["attempts"] == len(attempts) > 0
    assert stats["added"] + sum(stats["dropped"].values()) == len(attempts)
    assert second[: len(first)] == first
    assert len(second) == stats["base"] + stats["added"]
    assert f"of {len(attempts)} attempts of tuned are right; they add {stats['added']} rows to {len(first)}" in printed
    splits = json.loads((results / "masks/second.json").read_text())["splits"]
    assert splits[0]["rows"] == len(second)
    audit = json.loads((results / "rounds/second/sft-standard/audit.json").read_text())
    assert audit["splits"][0]["rows"] == len(second)
    asked = {json.loads(line)["table"] for line in attempts}
    assert asked == {json.loads(line)["table"] for line in first}
    assert list(results.glob("scores/second/*.jsonl")) == [results / "scores/second/test.jsonl"]


def test_every_format_method_and_choice_is_made_by_its_rules(clone: Checkout) -> None:
    more = {
        "dpo": {"init_from": "tuned", "lora": {"r": 4, "alpha": 8}},
        "grpo": {"generations": 2, "max_new_tokens": 8, "max_context": 2100},
    }
    runs = {method: run(method, name, **more.get(method, {})) for method, name in ADAPTED.items()}
    runs["whole"] = run("sft", "sft-masked", lora=None, dtype="float32")
    runs["drawn"] = {"model": "tiny", "sampling": {"samples": 2}}
    runs["best"] = {"model": "tiny", "best_of": {"run": "drawn", "reward_model": "reward"}}
    runs["read"] = {"model": "tiny", "lenient_of": "drawn", "splits": ["validation", "test"]}
    runs["second"] = {**run("sft", "sft-standard"), "attempts_of": {"run": "tuned", "sampling": {"samples": 2}}}
    runs["voted"] = {"model": "tiny", "best_of": {"run": "drawn"}}
    config = {**CONFIG, "formats": {name: {} for name in FORMATS}, "runs": {**CONFIG["runs"], **runs}}
    (clone.root / "config" / "every.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    command = [SNAKEMAKE, "--profile", "local", "--configfile", "config/every.yaml"]

    def build() -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **clone.environment()}
        return subprocess.run(command, cwd=clone.root, env=environment, capture_output=True, text=True, check=False)

    done = build()
    assert done.returncode == 0, done.stderr
    results = clone.root / RESULTS
    for name in FORMATS:
        audit = json.loads((results / "formats" / name / "audit.json").read_text())
        assert audit["splits"][0]["rows"] == len((results / f"formats/{name}/train.jsonl").read_text().splitlines()) > 0
    for name, each in runs.items():
        if "training" in each:
            steps = [json.loads(line) for line in (results / f"checkpoints/{name}/metrics.ndjson").open()]
            assert [line["step"] for line in steps if line["split"] == "train"] == [1], name
            assert (results / f"masks/{name}.json").is_file()
    counts = {
        name: len((results / f"scores/{name}/test.jsonl").read_text().splitlines())
        for name in ("drawn", "read", "best", "voted")
    }
    assert counts["drawn"] == counts["read"] == 2 * counts["best"] == 2 * counts["voted"] > 0
    assert (results / "predictions" / "drawn" / "validation.jsonl").is_file()
    check_round(results, done.stderr)
    recited = results / "formats" / "kto" / "train.jsonl"
    rows = [json.loads(line) for line in recited.read_text().splitlines()]
    asked = results / "questions" / "program" / f"{rows[0]['table']}.jsonl"
    hints = {row["question_id"]: row["hint"] for row in map(json.loads, asked.read_text().splitlines())}
    rows[0]["completion"][0]["content"] += hints[rows[0]["question_id"]]
    recited.write_text("".join(json.dumps(row) + "\n" for row in rows))
    stopped = build()
    assert stopped.returncode != 0
    assert "formats/kto/train.jsonl:1: question" in stopped.stderr
    assert "quotes the hint" in stopped.stderr
