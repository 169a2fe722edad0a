"""Reward models ("judges"): a language model with a classification head in place of its output layer.

An outcome judge gives one number for a whole attempt. A process judge gives two logits for each token; those at the end
of a step say whether the step is right. The head is always float32, whatever the precision of the base: it is new and
fully trained, and bfloat16 would lose its small updates.
"""

from pathlib import Path
from typing import Any, Literal

from tabletutor.models.chat import Tokenizer
from tabletutor.models.load import Model

Kind = Literal["outcome", "process"]
TASKS: dict[Kind, str] = {"outcome": "SEQ_CLS", "process": "TOKEN_CLS"}  # as PEFT names them
LABELS: dict[Kind, int] = {"outcome": 1, "process": 2}


def load_head(folder: Path, tokenizer: Tokenizer, kind: Kind, dtype: Literal["bfloat16", "float32"]) -> Model:
    """Load the model of a folder in `dtype` with a reward head. If the folder has no such head, its weights are drawn
    from torch's global random state.
    """
    from transformers import AutoConfig, AutoModelForSequenceClassification, AutoModelForTokenClassification
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()  # it would warn that the head is new, which is intended
    library: Any = AutoModelForSequenceClassification if kind == "outcome" else AutoModelForTokenClassification
    config = AutoConfig.from_pretrained(str(folder), num_labels=LABELS[kind], local_files_only=True)
    config.classifier_dropout = 0.0  # some of transformers' heads default to 0.1
    model = library.from_pretrained(str(folder), config=config, local_files_only=True, dtype=dtype)
    model.config.pad_token_id = tokenizer.pad_token_id
    for name, part in model.named_children():
        if name != model.base_model_prefix:
            part.float().register_forward_pre_hook(_to_float32)
    return model


def load_judge(folder: Path, trained: Path, tokenizer: Tokenizer, kind: Kind) -> Model:
    """Load a trained judge in float32 and evaluation mode. `folder` is its base model, `trained` its checkpoint."""
    if not (trained / "adapter_config.json").is_file():
        return load_head(trained, tokenizer, kind, "float32").eval()
    from peft import PeftModel

    return PeftModel.from_pretrained(load_head(folder, tokenizer, kind, "float32"), str(trained)).eval()


def _to_float32(_: Model, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(each.float() for each in inputs)
