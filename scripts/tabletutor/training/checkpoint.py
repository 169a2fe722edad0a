"""A checkpoint folder: the trained weights, the metrics of the run, its samples, and the digests of all of them."""

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
    """Write the adapter of `model`, or all of it with the tokenizer of the model folder `base`; the digests come last.

    All weights are rounded to bfloat16 once, as those of every model here are.
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
    """Write the sidecar `timing.json`: no result, since a clock is in it."""
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
    """Each line with the keys of all of them, null where it has no value: a line of training has other metrics than one
    of validation, and loaders take the keys of a file from its first lines.
    """
    rows = [json.loads(line) for line in lines]
    keys = dict.fromkeys(key for row in rows for key in row)
    return [json.dumps({**keys, **row}, sort_keys=True) for row in rows]


def _text(lines: Sequence[str]) -> bytes:
    return "".join(line + "\n" for line in lines).encode()
