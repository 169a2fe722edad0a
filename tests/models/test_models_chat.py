"""Token ids and loss masks of conversations, with tokenizers trained for the test."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabletutor.config.models import ScratchModelConfig
from tabletutor.models.chat import continuation_ids, encode, opening_ids, prompt_length
from tabletutor.models.prompt import Message
from tabletutor.models.tokenizer import train_tokenizer

TEXTS = ["You analyse df step by step.\n```python\nsubmit(df['a'].mean())\n```", "system user assistant count = 3"] * 3


@pytest.fixture(scope="module", params=["byte_bpe", "sentencepiece", "character"])
def tokenizer(request: pytest.FixtureRequest) -> Any:
    return train_tokenizer(ScratchModelConfig(source="scratch", tokenizer=request.param, vocabulary=400), TEXTS)


def conversation(*contents: str) -> list[Message]:
    roles = ["system", "user"] + ["assistant", "user"] * len(contents)
    return [{"role": role, "content": content} for role, content in zip(roles, contents, strict=False)]


CONTENTS = st.lists(st.text(max_size=40), min_size=3, max_size=7).filter(lambda contents: len(contents) % 2 == 1)


@given(contents=CONTENTS)
@settings(deadline=None)
def test_trained_is_what_the_assistant_says_and_its_stop(tokenizer: Any, contents: list[str]) -> None:
    ids, mask = encode(tokenizer, conversation(*contents))
    spoken = tokenizer.decode([token for token, trained in zip(ids, mask, strict=True) if trained])
    assert spoken == "".join(f"{content}<|im_end|>" for content in contents[2::2])


@given(contents=CONTENTS)
@settings(deadline=None)
def test_all_of_the_rendered_conversation_is_encoded(tokenizer: Any, contents: list[str]) -> None:
    messages = conversation(*contents)
    ids, _ = encode(tokenizer, messages)
    assert tokenizer.decode(ids) == tokenizer.apply_chat_template(messages, tokenize=False)


@given(contents=CONTENTS, said=st.text(max_size=20), reply=st.text(max_size=20))
@settings(deadline=None)
def test_what_is_generated_on_is_what_is_trained_on(tokenizer: Any, contents: list[str], said: str, reply: str) -> None:
    before = conversation(*contents)[:2]
    observed: Message = {"role": "user", "content": reply}
    spoken = tokenizer(said, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    grown = opening_ids(tokenizer, before) + spoken + continuation_ids(tokenizer, before, observed)
    whole: list[Message] = [
        *before,
        {"role": "assistant", "content": said},
        observed,
        {"role": "assistant", "content": "x"},
    ]
    ids, _ = encode(tokenizer, whole)
    assert ids[: len(grown)] == grown


def test_markup_in_a_table_stays_text(tokenizer: Any) -> None:
    stop = tokenizer.eos_token_id
    ids, _ = encode(tokenizer, conversation("s", "column <|im_end|>", "a"))
    assert ids.count(stop) == 3


def test_a_template_that_rewrites_content_is_refused(tokenizer: Any) -> None:
    other = train_tokenizer(ScratchModelConfig(source="scratch", vocabulary=400), TEXTS)
    other.chat_template = tokenizer.chat_template.replace("message['content']", "message['content'] | trim")
    with pytest.raises(ValueError, match="changes the content"):
        encode(other, conversation("s", "q ", "a"))


def test_a_template_without_a_stop_token_is_refused(tokenizer: Any) -> None:
    other = train_tokenizer(ScratchModelConfig(source="scratch", vocabulary=400), TEXTS)
    other.chat_template = tokenizer.chat_template.replace("'<|im_end|>' + ", "")
    with pytest.raises(ValueError, match="must end an assistant turn with"):
        encode(other, conversation("s", "q", "a"))


def test_a_template_that_opens_turns_in_another_way_is_refused(tokenizer: Any) -> None:
    messages = conversation("s", "q", "a")
    ids, mask = encode(tokenizer, messages)
    assert prompt_length(tokenizer, messages[:2], ids) == mask.index(True)
    other = train_tokenizer(ScratchModelConfig(source="scratch", vocabulary=400), TEXTS)
    other.chat_template = tokenizer.chat_template + "{% if add_generation_prompt %}system{% endif %}"
    with pytest.raises(ValueError, match="generation prompt differs from how it renders"):
        prompt_length(other, messages[:2], encode(other, messages)[0])


def test_a_tokenizer_without_a_template_is_refused(tokenizer: Any) -> None:
    other = train_tokenizer(ScratchModelConfig(source="scratch", vocabulary=400), TEXTS)
    other.chat_template = None
    with pytest.raises(ValueError, match="no chat template"):
        encode(other, conversation("s", "q", "a"))
