"""A model that lies in a local folder: read without any network, and written in the one layout all models have here."""

from pathlib import Path
from typing import Any

from tabletutor.config.models import LocalModelConfig


def local_folder(config: LocalModelConfig) -> Path:
    """The folder of a local model. Raises FileNotFoundError that says what is missing where."""
    folder = Path(config.path).expanduser()
    wanted = (
        f"put a model as transformers' save_pretrained writes it (config.json, *.safetensors, tokenizer) into {folder}"
    )
    if not folder.is_dir():
        raise FileNotFoundError(
            f"there is no model folder {folder}: {wanted}, or correct models.<name>.path in the configuration"
        )
    for pattern in ("config.json", "*.safetensors", "tokenizer*"):
        if not any(folder.glob(pattern)):
            raise FileNotFoundError(f"the model folder {folder} holds no {pattern}: {wanted}")
    return folder


def convert_local(config: LocalModelConfig, folder: Path) -> None:
    """Write the local model to `folder` as one safetensors file in its own precision, with tokenizer and chat
    template.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    source = str(local_folder(config))
    model: Any = AutoModelForCausalLM.from_pretrained(source, local_files_only=True, dtype="auto")
    model.save_pretrained(str(folder), max_shard_size="1TB")
    AutoTokenizer.from_pretrained(source, local_files_only=True).save_pretrained(str(folder))
