"""A tokenizer for libraries that apply the chat template themselves, such as TRL. Its ids are those of `chat.py`.

transformers renders a conversation and tokenizes the whole text, so a table header that spells `<|im_end|>` would end a
turn. With this tokenizer, contents are always text, and training sees the same ids as inference.
"""

from typing import Any, cast

from tabletutor.models.chat import Tokenizer, encode, opening_ids
from tabletutor.models.prompt import Message


def exact_tokenizer(tokenizer: Tokenizer) -> Tokenizer:
    """Make `apply_chat_template` of a tokenizer give the ids of `encode` and `opening_ids`, in place; return it."""
    kind = cast("type[Any]", type(tokenizer))
    tokenizer.__class__ = type(kind.__name__, (_Exact, kind), {})
    return tokenizer


class _Exact:
    def apply_chat_template(
        self,
        conversation: list[Message] | list[list[Message]],
        *unused: Any,
        tokenize: bool = True,
        add_generation_prompt: bool = False,
        return_dict: bool = True,
        **more: Any,
    ) -> Any:
        """Return the ids (or with `tokenize=False` the text) of one conversation or of a batch.

        Raises ValueError for an option of transformers that is not supported.
        """
        if not tokenize:
            options = {**more, "tokenize": False, "add_generation_prompt": add_generation_prompt}
            return cast(Any, super()).apply_chat_template(conversation, *unused, **options)
        if unused or any(more.values()):
            raise ValueError(f"the exact tokenizer does not support these options: {[*unused, *more]}")
        batched = bool(conversation) and isinstance(conversation[0], list)
        every = cast("list[list[Message]]", conversation if batched else [conversation])
        ids = [opening_ids(self, each) if add_generation_prompt else encode(self, each)[0] for each in every]
        result = ids if batched else ids[0]
        if not return_dict:
            return result
        ones = [[1] * len(each) for each in ids]
        return {"input_ids": result, "attention_mask": ones if batched else ones[0]}
