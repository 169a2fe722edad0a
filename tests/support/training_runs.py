"""Training runs of a tiny model on rows of every format, for tests."""

import json
from pathlib import Path
from typing import Any

from tabletutor.config.training import MethodConfig
from tabletutor.training.registry import load_method
from tabletutor.training.run import Answering, TrainingFiles, TrainingRun
from tabletutor.training.tracking import Tracker, Trackers

# The method that tests train each format with.
FORMATS = {
    "sft-standard": "sft", "sft-interleaved": "sft", "sft-masked": "sft", "dpo": "dpo", "kto": "kto", "orm": "kto",
    "orm-pairs": "reward", "prm": "prm", "rl": "grpo",
}  # fmt: skip
WHOLE: dict[str, Any] = {"lora": None, "dtype": "float32"}


def tables(project: Path) -> dict[str, Path]:
    return {path.parent.name: path for path in project.glob("results/tables/*/table.parquet")}


def settings(method: str, **changes: Any) -> MethodConfig:
    common = {
        "method": method, "max_length": 512, "batch_size": 8, "epochs": 50, "max_steps": 8, "eval_steps": 4,
        "eval_rows": 8, "save_steps": 2, "save_seconds": 1000, "learning_rate": 3e-3, "threads": 1,
        "lora": {"r": 4}, **({"max_new_tokens": 8, "temperature": 1.0} if method == "grpo" else {}),
    }  # fmt: skip
    return load_method(method).CONFIG.model_validate({**common, **changes})


def train(
    project: Path,
    rows: Path,
    out: Path,
    config: MethodConfig,
    start: Path | None = None,
    tracker: Tracker | None = None,
) -> list[dict[str, Any]]:
    """Train a run; return the lines of its metrics."""
    method = config.model_dump()["method"]
    files = TrainingFiles(
        project / "model", start, rows / "train.jsonl", rows / "validation.jsonl", out,
        out.with_name(f"{out.name}.cache"),
    )  # fmt: skip
    answering = Answering(tables(project), {"sessions": 2}, {}, whole_turns=False) if method == "grpo" else None
    load_method(method).train(TrainingRun("run", 3, "code", files, tracker or Trackers([]), answering), config)
    return [json.loads(line) for line in (out / "metrics.ndjson").read_text().splitlines()]


def losses_of(lines: list[dict[str, Any]], split: str) -> list[float]:
    return [line["loss"] for line in lines if line["split"] == split]
