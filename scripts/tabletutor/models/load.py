"""Model folders: the files they consist of, and how to load weights, tokenizer and adapter."""

from pathlib import Path
from typing import Any, Literal

from tabletutor.models.chat import Tokenizer

Model = Any  # a transformers PreTrainedModel, which is untyped where it matters here

MODEL_FILES = ("model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
ADAPTER_FILES = ("adapter_model.safetensors", "adapter_config.json")


def model_files(folder: Path) -> list[Path]:
    """Return those of `MODEL_FILES` and `ADAPTER_FILES` that exist in `folder`, in that order, without sidecars."""
    return [path for name in (*MODEL_FILES, *ADAPTER_FILES) if (path := folder / name).exists()]


def make_repeatable(threads: int) -> None:
    """Make torch deterministic: use `threads` threads per operation and deterministic algorithms only."""
    import torch

    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    # By default, deterministic mode also fills new memory, which costs a third of a step. No code here reads memory
    # before writing it, as tests that compare all bytes of two runs show.
    torch.utils.deterministic.fill_uninitialized_memory = False  # pyright: ignore[reportAttributeAccessIssue]


def load_tokenizer(folder: Path) -> Tokenizer:
    """Load the tokenizer of a model folder with its chat template, from local files only.

    Every model folder has a `tokenizer.json`, so the class is known. `AutoTokenizer` would import torch to find it.
    """
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast.from_pretrained(str(folder), local_files_only=True)


def load_model(folder: Path, dtype: Literal["bfloat16", "float32"]) -> Model:
    """Load the model of a folder in `dtype`, in evaluation mode, from local files only."""
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    from tabletutor.models.prefix_attention import register_prefix_attention

    logging.disable_progress_bar()  # loading takes a second
    model = AutoModelForCausalLM.from_pretrained(
        str(folder), local_files_only=True, dtype=getattr(torch, dtype), attn_implementation=register_prefix_attention()
    )
    return model.eval()


def load_student(folder: Path, trained: Path | None, dtype: Literal["bfloat16", "float32"]) -> Model:
    """Load the model that a run answers with, in evaluation mode.

    `folder` is the base model and `trained` the run's checkpoint folder. Without a checkpoint, this is the base model.
    An adapter checkpoint is merged into the base model. Any other checkpoint is a full model of its own. The merge is
    computed in float32 and rounded to `dtype` once; merging into bfloat16 weights would round twice.
    """
    if trained is None or not (trained / "adapter_config.json").is_file():
        return load_model(trained or folder, dtype)
    import torch
    from peft import PeftModel

    merged: Any = PeftModel.from_pretrained(load_model(folder, "float32"), str(trained)).merge_and_unload(
        safe_merge=True
    )
    return merged.to(getattr(torch, dtype)).eval()
