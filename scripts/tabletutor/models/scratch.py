"""A tiny Llama from scratch: random weights from a seed, and a tokenizer trained on given texts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tabletutor.config.models import ScratchModelConfig
from tabletutor.models.tokenizer import train_tokenizer


def make_scratch(config: ScratchModelConfig, texts: Sequence[str], seed: int, folder: Path) -> None:
    """Write a tiny Llama with weights drawn from `seed`, and its tokenizer, to `folder`.

    Raises ValueError if the hidden size does not fit the number of heads, or if no tokenizer can be trained on `texts`.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    if config.hidden % (2 * config.heads):
        raise ValueError(
            f"a scratch model's hidden size ({config.hidden}) must be a multiple of twice its heads ({config.heads})"
        )
    tokenizer = train_tokenizer(config, texts)
    shape = LlamaConfig(
        vocab_size=config.vocabulary,
        hidden_size=config.hidden,
        intermediate_size=4 * config.hidden,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        num_key_value_heads=config.heads,
        max_position_embeddings=config.positions,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model: Any = LlamaForCausalLM(shape)
    model.to(torch.bfloat16).save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
