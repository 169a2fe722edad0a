"""The text of a reply in pieces."""

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from tabletutor.config.models import ScratchModelConfig
from tabletutor.models.chat import Tokenizer
from tabletutor.models.tokenizer import train_tokenizer
from tabletutor.serving.reply_text import ReplyText

TEXT = ["count the rows of the table df", "größer als 3 €, 漢字 😀"] * 3


@cache
def tokenizer(kind: str) -> Tokenizer:
    settings = {"source": "scratch", "tokenizer": kind, "vocabulary": 400}
    return train_tokenizer(ScratchModelConfig.model_validate(settings), TEXT)


def decode(kind: str, tokens: list[int]) -> str:
    return tokenizer(kind).decode(tokens, skip_special_tokens=False, clean_up_tokenization_spaces=False)


def pieces(kind: str, tokens: list[int], sizes: list[int], stops: list[str]) -> list[str]:
    """Return the pieces of a reply whose tokens are added in parts of these `sizes`, until it stops."""
    reply, found, start = ReplyText(tokenizer(kind), stops), list[str](), 0
    for size in [*sizes, len(tokens)]:
        found.append(reply.extend(tokens[start : start + size]))
        start += size
    return [*found, reply.finish()]


def cut(text: str, stops: list[str]) -> str:
    return text[: min((text.index(stop) for stop in stops if stop in text), default=len(text))]


@given(st.lists(st.integers(3, 320), max_size=40), st.lists(st.integers(1, 3), max_size=40))
def test_pieces_of_any_tokens_join_to_their_text(tokens: list[int], sizes: list[int]) -> None:
    assert "".join(pieces("byte_bpe", tokens, sizes, [])) == decode("byte_bpe", tokens)


@given(
    st.sampled_from(["byte_bpe", "sentencepiece", "character"]),
    st.lists(st.sampled_from([*TEXT, " ", "a", "ab", "abc", "é", "😀\n"]), max_size=6).map("".join),
    st.lists(st.integers(1, 3), max_size=60),
    st.lists(st.sampled_from(["abc", "bca", "a", "rows of", "€,", "😀\n", "zz"]), max_size=2),
)
def test_a_reply_ends_before_its_first_stop_string(kind: str, text: str, sizes: list[int], stops: list[str]) -> None:
    tokens = tokenizer(kind)(text, add_special_tokens=False)["input_ids"]
    assert "".join(pieces(kind, tokens, sizes, stops)) == cut(text, stops)


def test_unfinished_characters_and_stop_strings_are_held_back() -> None:
    tokens = tokenizer("byte_bpe")("z😎", add_special_tokens=False)["input_ids"]
    reply = ReplyText(tokenizer("byte_bpe"), ["<end>"])
    found = [reply.extend([token]) for token in tokens]
    assert (found[0], found[-1], set(found[1:-1])) == ("z", "😎", {""})
    ids = [tokenizer("byte_bpe")(text, add_special_tokens=False)["input_ids"] for text in ("a <e", "n", "x <", "end>b")]
    assert [reply.extend(each) for each in ids] == ["a ", "", "<enx ", ""]
    assert (reply.stopped, reply.finish(), reply.extend(tokens)) == (True, "", "")
