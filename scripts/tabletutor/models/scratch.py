"""A tiny Llama made from nothing: random weights from a seed and a byte-level BPE tokenizer fitted to given texts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tabletutor.config.schema import ScratchModelConfig

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def train_tokenizer(config: ScratchModelConfig, texts: Sequence[str]) -> Any:
    """A byte-level BPE tokenizer with ChatML markup, fitted to `texts`; the same texts in the same order give the same
    bytes.

    Any text can be encoded, whatever it was fitted to. Raises ValueError where there is no text.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    if not any(texts):
        raise ValueError("a tokenizer cannot be fitted to no text: the training tables have no questions")
    backend: Any = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=config.vocabulary,
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    backend.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        unk_token="<|endoftext|>",
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        clean_up_tokenization_spaces=False,
        model_max_length=config.positions,
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def make_scratch(config: ScratchModelConfig, texts: Sequence[str], seed: int, folder: Path) -> None:
    """Write a tiny Llama with weights drawn from `seed`, and its tokenizer, to `folder`. Raises ValueError for odd
    shapes.
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
