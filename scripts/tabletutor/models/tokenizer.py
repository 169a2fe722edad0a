"""Tokenizers with ChatML markup, trained on given texts. Whatever the kind, every text comes back as it was."""

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
# SentencePiece leaves out a whole sentence for one of these: it uses the last three itself.
_CUT = re.compile("[\n\t\0\u2585]")
_BLANKS = ("\n", "\t")  # what is cut at and still frequent is a token all the same


def train_tokenizer(config: ScratchModelConfig, texts: Sequence[str]) -> Any:
    """A tokenizer of the kind `config.tokenizer`, with ChatML markup, trained on `texts`; the same texts in the same
    order give the same bytes, whatever the number of threads.

    Any text can be encoded and decodes to itself. Where the texts give fewer tokens than `config.vocabulary`, there
    are fewer. Raises ValueError where there is no text, or where `config.vocabulary` is too small for its characters.
    """
    from transformers import PreTrainedTokenizerFast

    if not any(texts):
        raise ValueError("a tokenizer cannot be fitted to no text: the training tables have no questions")
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
    """Byte-level BPE: every byte is a token, and the most frequent pairs are merged."""
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
    """SentencePiece's Unigram model, its pieces and scores in a fast tokenizer; what is no piece is written in bytes.

    SentencePiece writes a space as `▁` and so takes a real `▁` for a space. Here pieces have real spaces instead:
    nothing is normalised, and nothing has to be undone.
    """
    from tokenizers import Tokenizer, models, pre_tokenizers

    pieces = _unigram_pieces(texts, vocabulary - len(SPECIAL) - len(_BLANKS))
    scored = [(byte, 0.0) for byte in BYTES] + [(blank, 0.0) for blank in _BLANKS] + pieces
    # The model asks for a token of the unknown, though bytes are always found.
    backend: Any = Tokenizer(models.Unigram(scored, unk_id=0, byte_fallback=True))
    # Besides giving each digit a token, this keeps a text that spells `<0x41>` from being the token of a byte.
    backend.pre_tokenizer = pre_tokenizers.Digits(individual_digits=True)
    # Markup stands outside the model, which would find it in texts that spell it.
    return _with_bytes(backend)


def _unigram_pieces(texts: Sequence[str], count: int) -> list[tuple[str, float]]:
    """At most `count` - 256 pieces with their scores: those of SentencePiece beside its 256 bytes."""
    from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

    lines = [line for text in texts for line in _CUT.split(text) if line]
    if not lines:
        raise ValueError("a SentencePiece tokenizer cannot be fitted to texts of nothing but line feeds and tabs")
    written = io.BytesIO()
    try:
        SentencePieceTrainer.Train(
            sentence_iterator=iter(lines),
            model_writer=written,
            model_type="unigram",
            vocab_size=count + 1,  # with the token of the unknown
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
            max_sentence_length=max(16, *(len(line.encode()) for line in lines)),  # longer ones would be left out
            shuffle_input_sentence=False,
            num_threads=1,  # threads add their sums up in another order, and the scores differ
            minloglevel=2,
        )
    except RuntimeError as error:
        raise ValueError(
            f"SentencePiece finds no {count + len(SPECIAL) + len(_BLANKS)} tokens in the training rows: {error}; take "
            "another models.<name>.vocabulary (256 are bytes, and frequent characters need one each) or `tokenizer`"
        ) from error
    trained: Any = SentencePieceProcessor(model_proto=written.getvalue())
    known = [index for index in range(len(trained)) if not (trained.is_byte(index) or trained.is_unknown(index))]
    return [(trained.id_to_piece(index).replace("▁", " "), trained.get_score(index)) for index in known]


def _character(texts: Sequence[str], vocabulary: int) -> Any:
    """One token for each character of the texts; any other is written in bytes."""
    from tokenizers import Tokenizer, models

    seen = sorted(set().union(*texts))
    tokens = [*SPECIAL, *BYTES, *seen]
    if len(tokens) > vocabulary:
        raise ValueError(
            f"the training rows have {len(seen)} different characters, so a character tokenizer has {len(tokens)} "
            f"tokens, with markup and bytes; models.<name>.vocabulary is {vocabulary}, give it {len(tokens)} at least"
        )
    # BPE without a merge: no token but single characters and bytes is ever found in a text.
    model = models.BPE({token: index for index, token in enumerate(tokens)}, [], byte_fallback=True)
    return _with_bytes(Tokenizer(model))


def _with_bytes(backend: Any) -> Any:
    """The tokenizer with ChatML markup, and with bytes put together again when it decodes."""
    from tokenizers import decoders

    backend.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    backend.add_special_tokens(list(SPECIAL))
    return backend
