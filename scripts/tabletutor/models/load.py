"""Loading a model artefact: the weights in the wanted precision, the tokenizer, and an adapter merged into them."""

from pathlib import Path
from typing import Any, Literal

from tabletutor.models.chat import Tokenizer

Model = Any  # a transformers PreTrainedModel; the library is untyped where it matters here


def make_repeatable(threads: int) -> None:
    """Let torch give the same bytes again, with so many threads to a product."""
    import torch

    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    # By default it then also fills all new memory, which costs a third of a step; nothing here reads what it did not
    # write, as tests that compare all bytes of two runs show.
    torch.utils.deterministic.fill_uninitialized_memory = False  # pyright: ignore[reportAttributeAccessIssue]


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a model folder, with its chat template. Reads local files only.

    Every model folder has a `tokenizer.json`, so its class is known. `AutoTokenizer` would import torch to look it up.
    """
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast.from_pretrained(str(folder), local_files_only=True)


def load_model(folder: Path, dtype: Literal["bfloat16", "float32"]) -> Model:
    """The model of a folder in `dtype`, in evaluation mode. Reads local files only."""
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()  # a second of loading needs no bar
    model = AutoModelForCausalLM.from_pretrained(
        str(folder), local_files_only=True, dtype=getattr(torch, dtype), attn_implementation="sdpa"
    )
    return model.eval()


def load_student(folder: Path, trained: Path | None, dtype: Literal["bfloat16", "float32"]) -> Model:
    """The model a run answers with: the base; the base with an adapter merged in; or what was trained as a whole.

    `trained` is the run's checkpoint folder. The merge is made in float32 and rounded to `dtype` once; merging into
    bfloat16 weights would round twice.
    """
    if trained is None or not (trained / "adapter_config.json").is_file():
        return load_model(trained or folder, dtype)
    import torch
    from peft import PeftModel

    merged: Any = PeftModel.from_pretrained(load_model(folder, "float32"), str(trained)).merge_and_unload(
        safe_merge=True
    )
    return merged.to(getattr(torch, dtype)).eval()
