"""Which files a model's folder and an adapter's have."""

from pathlib import Path

MODEL_FILES = ("model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
ADAPTER_FILES = ("adapter_model.safetensors", "adapter_config.json")


def files_of(folder: Path) -> list[Path]:
    """What makes the model or the adapter in a folder: those of the files above that it has; sidecars do not count."""
    return [path for name in (*MODEL_FILES, *ADAPTER_FILES) if (path := folder / name).exists()]
