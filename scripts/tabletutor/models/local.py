"""Models in a local folder: read offline and rewritten in the layout that all models of a project have."""

import json
from pathlib import Path
from typing import Any

from tabletutor.config.models import LocalModelConfig

_INDEX = "model.safetensors.index.json"  # of sharded weights: which file holds which weight
_PATTERNS = ("config.json", "*.safetensors", "tokenizer*")
_WANTED = "a model as transformers' save_pretrained writes it (config.json, *.safetensors, tokenizer)"


def local_folder(config: LocalModelConfig) -> Path:
    """Return the folder of a local model. Raises FileNotFoundError that names the folder and what it lacks."""
    folder = Path(config.path).expanduser()
    wanted = f"put {_WANTED} into {folder}"
    if not folder.is_dir():
        raise FileNotFoundError(
            f"there is no model folder {folder}: {wanted}, or correct models.<name>.path in the configuration"
        )
    if missing := missing_files(folder):
        raise FileNotFoundError(f"the model folder {folder} holds no {', '.join(missing)}: {wanted}")
    return folder


def local_files(path: str) -> list[str]:
    """Return the files of a local model, so that rules can see when one changes.

    A missing folder gives an empty list: `local_folder` reports it with a better message than Snakemake would.
    """
    folder = Path(path).expanduser()
    wanted = (*_PATTERNS, "*.json", "*.jinja", "*.txt")
    return sorted({str(file) for pattern in wanted for file in folder.glob(pattern) if file.is_file()})


def missing_files(folder: Path) -> list[str]:
    """Return what a model folder lacks: patterns that match no file, and weight files that its index names.

    Raises ValueError if the index is not one that transformers writes.
    """
    missing = [pattern for pattern in _PATTERNS if not any(folder.glob(pattern))]
    index = folder / _INDEX
    if not index.is_file():
        return missing
    try:
        parts = sorted(set(json.loads(index.read_bytes())["weight_map"].values()))
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ValueError(f"{index}: not an index of weights ({error!r}); download the file again") from error
    return [*missing, *(name for name in parts if not (folder / name).is_file())]


def convert_folder(source: Path, folder: Path) -> None:
    """Write the model in `source` to `folder`: one safetensors file in its own precision, tokenizer and template."""
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    model: Any = AutoModelForCausalLM.from_pretrained(str(source), local_files_only=True, dtype="auto")
    model.save_pretrained(str(folder), max_shard_size="1TB")
    AutoTokenizer.from_pretrained(str(source), local_files_only=True).save_pretrained(str(folder))
