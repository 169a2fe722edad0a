"""Conversations as token ids. Training, the mask check and inference all use this module, so they agree on every token.

The chat template renders messages to text, which is split where the contents of messages begin and end. Markup is
tokenized with its special tokens, content without: a table header that spells `<|im_end|>` stays text. The trained
tokens are each assistant content and the stop token after it, chosen by position. Token ids would not be enough,
because some models use one token both for padding and as the stop token.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from tabletutor.models.prompt import Message, is_trained

Tokenizer = Any  # transformers' tokenizers are untyped


class Piece(NamedTuple):
    """A part of a rendered conversation: its text, and the index of the message whose content it is (None: markup)."""

    text: str
    message: int | None


def pieces(tokenizer: Tokenizer, messages: Sequence[Message], reply: bool = False) -> list[Piece]:
    """Render a conversation and split it into markup and contents. `reply` appends the generation prompt, the markup
    that opens an assistant turn.

    Raises ValueError if the tokenizer has no chat template, or if the template drops or changes a message's content.
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
        markup, separator, rest = rest.partition(mark)
        if not separator:
            raise ValueError(f"the chat template leaves out message {index} ({messages[index]['role']})")
        result += [Piece(markup, None), Piece(messages[index]["content"], index)]
    result.append(Piece(rest, None))
    if "".join(piece.text for piece in result) != _render(tokenizer, messages, reply):
        raise ValueError(
            "the chat template changes the content of a message (strips or rewrites it), so it cannot be trained"
        )
    return [piece for piece in result if piece.text or piece.message is not None]


def encode(tokenizer: Tokenizer, messages: Sequence[Message]) -> tuple[list[int], list[bool]]:
    """Return the token ids of a whole conversation, and for each token whether it is trained.

    The contents of assistant messages and the stop token after each are trained, except for messages of weight 0.
    Raises ValueError if the stop token does not follow an assistant message.
    """
    parts = pieces(tokenizer, messages)
    stop = str(tokenizer.eos_token)
    ids: list[int] = []
    mask: list[bool] = []
    trained = False
    for part in parts:
        if part.message is None and trained:
            if not part.text.startswith(stop):
                actual = part.text[: len(stop)]
                raise ValueError(f"the chat template must end an assistant turn with {stop!r}, not {actual!r}")
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
    """Return the token ids of a conversation up to and including the generation prompt, ready to be continued."""
    return [token for part in pieces(tokenizer, messages, reply=True) for token in _tokenize(tokenizer, part)]


def prompt_length(tokenizer: Tokenizer, prompt: Sequence[Message], ids: Sequence[int]) -> int:
    """Return how many of a conversation's `ids` belong to `prompt`, generation prompt included.

    Raises ValueError if `ids` do not begin with the ids of the prompt: training and inference would then differ.
    """
    given = opening_ids(tokenizer, prompt)
    if list(ids[: len(given)]) != given:
        raise ValueError(
            "the chat template's generation prompt differs from how it renders an assistant turn, so training and "
            "inference would see different tokens; correct the template"
        )
    return len(given)


def continuation_ids(tokenizer: Tokenizer, messages: Sequence[Message], observation: Message) -> list[int]:
    """Return the ids that follow the content of an assistant turn: its stop token, the observation and the next
    generation prompt.

    `messages` is the conversation before that assistant turn. The result does not depend on the text of the turn, so
    the tokens that were generated for it can be kept unchanged.
    """
    turn: list[Message] = [*messages, {"role": "assistant", "content": "."}, observation]
    parts = pieces(tokenizer, turn, reply=True)
    after = next(index for index, part in enumerate(parts) if part.message == len(messages)) + 1
    return [token for part in parts[after:] for token in _tokenize(tokenizer, part)]


def _render(tokenizer: Tokenizer, messages: Sequence[Message], reply: bool) -> str:
    return str(tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=reply))


def _tokenize(tokenizer: Tokenizer, part: Piece) -> list[int]:
    if not part.text:
        return []  # an empty message, or markup that held a stop token only
    literal = part.message is not None
    return list(tokenizer(part.text, add_special_tokens=False, split_special_tokens=literal)["input_ids"])
