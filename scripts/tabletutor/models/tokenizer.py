"""Training of tokenizers with ChatML markup. With every kind, any text decodes to itself."""

import io
import re
from collections.abc import Sequence
from typing import Any

from tabletutor.config.models import ScratchModelConfig

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))  # as SentencePiece names them
# SentencePiece skips a whole sentence that contains one of these characters; it reserves the last three.
_CUT = re.compile("[\n\t\0\u2585]")
_BLANKS = ("\n", "\t")  # frequent characters of `_CUT`, which get a token of their own


def train_tokenizer(config: ScratchModelConfig, texts: Sequence[str]) -> Any:
    """Train a tokenizer of the kind `config.tokenizer`, with ChatML markup, on `texts`.

    Any text can be encoded and decodes to itself. `config.vocabulary` is the maximum: if the texts yield fewer tokens,
    the tokenizer is smaller. The same texts in the same order give the same bytes, with any number of threads. Raises
    ValueError if there is no text, or if `config.vocabulary` is too small for the characters of the texts.
    """
    from transformers import PreTrainedTokenizerFast

    if not any(texts):
        raise ValueError("there is no text to train a tokenizer on: the training tables have no questions")
    if config.tokenizer == "byte_bpe":
        backend = _byte_bpe(texts, config.vocabulary)
    elif config.tokenizer == "sentencepiece":
        backend = _sentencepiece(texts, config.vocabulary)
    else:
        backend = _character(texts, config.vocabulary)
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


def _byte_bpe(texts: Sequence[str], vocabulary: int) -> Any:
    """Train byte-level BPE: every byte is a token, and the most frequent pairs are merged."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    backend: Any = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    backend.train_from_iterator(texts, trainer)
    return backend


def _sentencepiece(texts: Sequence[str], vocabulary: int) -> Any:
    """Train SentencePiece's Unigram model and put its pieces and scores into a fast tokenizer with byte fallback.

    SentencePiece writes a space as `▁`, so a real `▁` would decode to a space. The pieces here have real spaces
    instead, and nothing is normalised.
    """
    from tokenizers import Tokenizer, models, pre_tokenizers

    pieces = _unigram_pieces(texts, vocabulary - len(SPECIAL) - len(_BLANKS))
    scored = [(byte, 0.0) for byte in BYTES] + [(blank, 0.0) for blank in _BLANKS] + pieces
    # The model requires an unknown token, although byte fallback never needs it.
    backend: Any = Tokenizer(models.Unigram(scored, unk_id=0, byte_fallback=True))
    # Each digit is a token. This also prevents a text that spells `<0x41>` from matching the token of that byte.
    backend.pre_tokenizer = pre_tokenizers.Digits(individual_digits=True)
    # Markup is kept outside the model, which would otherwise match it in texts that spell it.
    return _with_bytes(backend)


def _unigram_pieces(texts: Sequence[str], count: int) -> list[tuple[str, float]]:
    """Return at most `count` - 256 pieces with their scores; SentencePiece's 256 bytes are not among them."""
    from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

    lines = [line for text in texts for line in _CUT.split(text) if line]
    if not lines:
        raise ValueError("a SentencePiece tokenizer cannot be trained on texts with nothing but line feeds and tabs")
    written = io.BytesIO()
    try:
        SentencePieceTrainer.Train(
            sentence_iterator=iter(lines),
            model_writer=written,
            model_type="unigram",
            vocab_size=count + 1,  # with the unknown token
            hard_vocab_limit=False,
            byte_fallback=True,
            normalization_rule_name="identity",
            add_dummy_prefix=False,
            remove_extra_whitespaces=False,
            allow_whitespace_only_pieces=True,  # indentation
            split_digits=True,
            bos_id=-1,
            eos_id=-1,
            pad_id=-1,
            max_sentence_length=max(16, *(len(line.encode()) for line in lines)),  # longer lines would be skipped
            shuffle_input_sentence=False,
            num_threads=1,  # more threads sum in another order, which changes the scores
            minloglevel=2,
        )
    except RuntimeError as error:
        raise ValueError(
            f"SentencePiece cannot make {count + len(SPECIAL) + len(_BLANKS)} tokens from the training rows: {error}; "
            "change models.<name>.vocabulary (256 tokens are bytes, and each frequent character needs one) or "
            "models.<name>.tokenizer"
        ) from error
    trained: Any = SentencePieceProcessor(model_proto=written.getvalue())
    known = [index for index in range(len(trained)) if not (trained.is_byte(index) or trained.is_unknown(index))]
    return [(trained.id_to_piece(index).replace("▁", " "), trained.get_score(index)) for index in known]


def _character(texts: Sequence[str], vocabulary: int) -> Any:
    """Make a tokenizer with one token for each character of the texts, and byte fallback for other characters."""
    from tokenizers import Tokenizer, models

    characters = sorted(set().union(*texts))
    tokens = [*SPECIAL, *BYTES, *characters]
    if len(tokens) > vocabulary:
        raise ValueError(
            f"the training rows have {len(characters)} different characters, so a character tokenizer needs "
            f"{len(tokens)} tokens, with markup and bytes, but models.<name>.vocabulary is {vocabulary}; set it to "
            f"{len(tokens)} or more"
        )
    # BPE without merges only ever matches single characters and bytes.
    model = models.BPE({token: index for index, token in enumerate(tokens)}, [], byte_fallback=True)
    return _with_bytes(Tokenizer(model))


def _with_bytes(backend: Any) -> Any:
    """Add ChatML markup to a tokenizer, and a decoder that joins bytes."""
    from tokenizers import decoders

    backend.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    backend.add_special_tokens(list(SPECIAL))
    return backend
