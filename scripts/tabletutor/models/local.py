"""A model that lies in a local folder: read without any network, and written in the one layout all models have here."""

import json
from pathlib import Path
from typing import Any

from tabletutor.config.models import LocalModelConfig

_INDEX = "model.safetensors.index.json"  # which file holds which weight, where they are in several
_PATTERNS = ("config.json", "*.safetensors", "tokenizer*")
_WANTED = "a model as transformers' save_pretrained writes it (config.json, *.safetensors, tokenizer)"


def local_folder(config: LocalModelConfig) -> Path:
    """The folder of a local model. Raises FileNotFoundError that says what is missing where."""
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
    """The files that make a local model, so that rules see when one changes; none where there is no such folder, which
    `local_folder` says better than Snakemake.
    """
    folder = Path(path).expanduser()
    wanted = (*_PATTERNS, "*.json", "*.jinja", "*.txt")
    return sorted({str(file) for pattern in wanted for file in folder.glob(pattern) if file.is_file()})


def missing_files(folder: Path) -> list[str]:
    """What a folder lacks to be a model: patterns that no file has, and files of weights that its index names.

    Raises ValueError where the index is not what transformers writes.
    """
    missing = [pattern for pattern in _PATTERNS if not any(folder.glob(pattern))]
    index = folder / _INDEX
    if not index.is_file():
        return missing
    try:
        parts = sorted(set(json.loads(index.read_bytes())["weight_map"].values()))
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ValueError(f"{index}: no index of weights ({error!r}); get the file again") from error
    return [*missing, *(name for name in parts if not (folder / name).is_file())]


def convert_folder(source: Path, folder: Path) -> None:
    """Write the model in `source` to `folder` as one safetensors file in its own precision, with tokenizer and chat
    template.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    model: Any = AutoModelForCausalLM.from_pretrained(str(source), local_files_only=True, dtype="auto")
    model.save_pretrained(str(folder), max_shard_size="1TB")
    AutoTokenizer.from_pretrained(str(source), local_files_only=True).save_pretrained(str(folder))
