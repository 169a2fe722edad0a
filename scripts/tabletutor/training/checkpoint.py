"""Writes the checkpoint folder of a finished run: trained weights, metrics, samples and their digests."""

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from tabletutor.models.load import ADAPTER_FILES, MODEL_FILES, Model
from tabletutor.records.files import PARTIAL, sha256_file, write_atomic
from tabletutor.training.adapter import is_adapted, save_adapter


def write_checkpoint(folder: Path, model: Model, base: Path, lines: Sequence[str], samples: Sequence[str]) -> None:
    """Write a checkpoint folder; `SHA256SUMS` is written last.

    For an adapted model, the adapter is written in float32. Otherwise the whole model is written in bfloat16, like
    every model of a project, with the tokenizer of the model folder `base`.
    """
    if is_adapted(model):
        save_adapter(model, folder)
        weights = ADAPTER_FILES
    else:
        _save_all(model, base, folder)
        weights = MODEL_FILES
    write_atomic(folder / "metrics.ndjson", _text(_same_keys(lines)))
    write_atomic(folder / "samples.ndjson", _text(samples))
    names = sorted((*weights, "metrics.ndjson", "samples.ndjson"))
    write_atomic(folder / "SHA256SUMS", "".join(f"{sha256_file(folder / name)}  {name}\n" for name in names).encode())


def write_timing(folder: Path, seconds: float, tokens: int) -> None:
    """Write the sidecar `timing.json`. It is not a result, because it depends on the clock."""
    timing = {"seconds": round(seconds, 1), "tokens": tokens, "tokens_per_second": round(tokens / seconds, 1)}
    write_atomic(folder / "timing.json", (json.dumps(timing) + "\n").encode())


def _save_all(model: Any, base: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".weights.", suffix=PARTIAL, dir=folder))
    try:
        model.to(torch.bfloat16).save_pretrained(str(work), max_shard_size="1TB")
        for name in MODEL_FILES:
            if not (work / name).exists():
                shutil.copyfile(base / name, work / name)
            (work / name).chmod(0o644)
            (work / name).replace(folder / name)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _same_keys(lines: Sequence[str]) -> list[str]:
    """Give every JSON line the same keys, with null for missing values.

    Training and validation lines have different metrics, and loaders infer the keys of a file from its first lines.
    """
    rows = [json.loads(line) for line in lines]
    keys = dict.fromkeys(key for row in rows for key in row)
    return [json.dumps({**keys, **row}, sort_keys=True) for row in rows]


def _text(lines: Sequence[str]) -> bytes:
    return "".join(line + "\n" for line in lines).encode()
