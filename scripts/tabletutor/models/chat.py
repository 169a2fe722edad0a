"""Conversations as token ids: the one place that decides what is trained and what the model sees when it answers.

A chat template renders messages to text; that text is cut into pieces at the borders of the messages' contents. Markup
is tokenized with the special tokens it is made of, content never is: a table header that spells `<|im_end|>` stays
text. Trained tokens are an assistant's content and the stop token after it, by position: the pad token of some models
equals their stop token, so ids alone cannot tell.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from tabletutor.models.prompt import Message, is_trained

Tokenizer = Any  # transformers' tokenizers are untyped


class Piece(NamedTuple):
    """A part of a rendered conversation: the text, the message it is content of (None for markup)."""

    text: str
    message: int | None


def pieces(tokenizer: Tokenizer, messages: Sequence[Message], reply: bool = False) -> list[Piece]:
    """The rendered conversation cut at the borders of the contents; with `reply`, the opening of an assistant turn
    follows.

    Raises ValueError where the tokenizer has no chat template, or where the template does not keep a message's content.
    """
    if not tokenizer.chat_template:
        raise ValueError(
            f"the tokenizer of {tokenizer.name_or_path!r} has no chat template; give its folder a chat_template.jinja"
        )
    marks = [f"\x00{index}\x00" for index in range(len(messages))]
    marked: list[Message] = [
        {"role": message["role"], "content": mark} for message, mark in zip(messages, marks, strict=True)
    ]
    result: list[Piece] = []
    rest = _render(tokenizer, marked, reply)
    for index, mark in enumerate(marks):
        markup, found, rest = rest.partition(mark)
        if not found:
            raise ValueError(f"the chat template leaves out message {index} ({messages[index]['role']})")
        result += [Piece(markup, None), Piece(messages[index]["content"], index)]
    result.append(Piece(rest, None))
    if "".join(piece.text for piece in result) != _render(tokenizer, messages, reply):
        raise ValueError(
            "the chat template changes the content of a message (strips or rewrites it), so it cannot be trained"
        )
    return [piece for piece in result if piece.text or piece.message is not None]


def encode(tokenizer: Tokenizer, messages: Sequence[Message]) -> tuple[list[int], list[bool]]:
    """Token ids of a whole conversation and, for each, whether it is trained.

    Trained are the contents of the assistant messages, but for those of weight 0, and the stop token that ends each.
    Raises ValueError where an assistant message is not followed by the stop token.
    """
    parts = pieces(tokenizer, messages)
    stop = str(tokenizer.eos_token)
    ids: list[int] = []
    mask: list[bool] = []
    trained = False
    for part in parts:
        if part.message is None and trained:
            if not part.text.startswith(stop):
                found = part.text[: len(stop)]
                raise ValueError(f"the chat template must end an assistant turn with {stop!r}, not {found!r}")
            ids.append(int(tokenizer.eos_token_id))
            mask.append(True)
            part = Piece(part.text[len(stop) :], None)
        trained = part.message is not None and is_trained(messages[part.message])
        tokens = _tokenize(tokenizer, part)
        ids += tokens
        mask += [trained] * len(tokens)
    if trained:
        raise ValueError("the chat template does not end the last assistant turn with a stop token")
    return ids, mask


def opening_ids(tokenizer: Tokenizer, messages: Sequence[Message]) -> list[int]:
    """Token ids of a conversation that the assistant is to continue."""
    return [token for part in pieces(tokenizer, messages, reply=True) for token in _tokenize(tokenizer, part)]


def prompt_length(tokenizer: Tokenizer, prompt: Sequence[Message], ids: Sequence[int]) -> int:
    """How many of the ids of a conversation are its prompt's: what a student is given before it speaks.

    Raises ValueError where the ids do not begin with the prompt's, so that one is trained on what it is never asked.
    """
    given = opening_ids(tokenizer, prompt)
    if list(ids[: len(given)]) != given:
        raise ValueError(
            "the chat template's generation prompt differs from how it renders an assistant turn, so training and "
            "inference would see different tokens; correct the template"
        )
    return len(given)


def continuation_ids(tokenizer: Tokenizer, messages: Sequence[Message], observation: Message) -> list[int]:
    """The ids that follow an assistant turn's own tokens: its stop token, the observation and the opening of the next
    turn.

    `messages` is the conversation up to the assistant turn before the last one; what is returned does not depend on the
    text of the assistant turn, so its generated tokens are kept as they are.
    """
    turn: list[Message] = [*messages, {"role": "assistant", "content": "."}, observation]
    parts = pieces(tokenizer, turn, reply=True)
    after = next(index for index, part in enumerate(parts) if part.message == len(messages)) + 1
    return [token for part in parts[after:] for token in _tokenize(tokenizer, part)]


def _render(tokenizer: Tokenizer, messages: Sequence[Message], reply: bool) -> str:
    return str(tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=reply))


def _tokenize(tokenizer: Tokenizer, part: Piece) -> list[int]:
    if not part.text:
        return []  # an empty message, or what is left of markup after its stop token was taken off
    literal = part.message is not None
    return list(tokenizer(part.text, add_special_tokens=False, split_special_tokens=literal)["input_ids"])
