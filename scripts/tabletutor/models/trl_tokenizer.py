"""A tokenizer whose chat template tokenizes contents as text and nothing else, for libraries that apply it themselves.

transformers renders a conversation and tokenizes the whole text, so that a table header which spells `<|im_end|>` ends
a turn. Here the ids are those of `models/chat.py`: what a student is trained on is what it sees when it answers.
"""

from typing import Any, cast

from tabletutor.models.chat import Tokenizer, encode, opening_ids
from tabletutor.models.prompt import Message


def exact_tokenizer(tokenizer: Tokenizer) -> Tokenizer:
    """The tokenizer, changed in place, whose `apply_chat_template` gives the ids of `encode` and `opening_ids`."""
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
        """Ids (tokenize) or text of a conversation or of several. Raises ValueError for an option it does not know."""
        if not tokenize:
            options = {**more, "tokenize": False, "add_generation_prompt": add_generation_prompt}
            return cast(Any, super()).apply_chat_template(conversation, *unused, **options)
        if unused or any(more.values()):
            raise ValueError(f"conversations are tokenized exactly, without {[*unused, *more]}")
        batched = bool(conversation) and isinstance(conversation[0], list)
        every = cast("list[list[Message]]", conversation if batched else [conversation])
        ids = [opening_ids(self, each) if add_generation_prompt else encode(self, each)[0] for each in every]
        result = ids if batched else ids[0]
        if not return_dict:
            return result
        ones = [[1] * len(each) for each in ids]
        return {"input_ids": result, "attention_mask": ones if batched else ones[0]}
