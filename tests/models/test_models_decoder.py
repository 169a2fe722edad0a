"""Batched decoding against the simplest decoder, which runs the model on the whole text for every token."""

from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from tabletutor.config.models import ScratchModelConfig
from tabletutor.models.decoder import DecodedTurn, DecodeLimits, Decoder, is_looping
from tabletutor.models.load import load_model, load_tokenizer
from tabletutor.models.scratch import make_scratch

Student = tuple[Any, Any]


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Student:
    folder: Path = tmp_path_factory.mktemp("model")
    config = ScratchModelConfig(source="scratch", vocabulary=400, hidden=32, layers=2, heads=4, positions=512)
    make_scratch(config, ["count the rows ``` of the table df"] * 3, 5, folder)
    model = load_model(folder, "float32")
    with torch.no_grad():
        for index, parameter in enumerate(model.parameters()):  # larger weights make the likeliest tokens clear
            parameter.copy_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(index)) * 0.4)
    return model, load_tokenizer(folder)


def test_the_tokenizer_is_the_one_that_transformers_finds(student: Student) -> None:
    """A model folder that is loaded with `AutoTokenizer` has the same tokens as in training."""
    tokenizer, usual = student[1], AutoTokenizer.from_pretrained(student[1].name_or_path)
    for name in ("chat_template", "eos_token_id", "pad_token_id", "all_special_ids"):
        assert getattr(tokenizer, name) == getattr(usual, name)
    assert tokenizer.backend_tokenizer.to_str() == usual.backend_tokenizer.to_str()


def greedy(student: Student, ids: list[int], limit: int) -> list[int]:
    """Return the tokens of one turn, decoded without a cache."""
    model, tokenizer = student
    turn: list[int] = []
    while len(turn) < limit:
        with torch.no_grad():
            token = int(model(torch.tensor([ids + turn])).logits[0, -1].argmax())
        if token in tokenizer.all_special_ids:
            break
        turn.append(token)
    return turn


def prompts(count: int) -> list[list[int]]:
    source = Random(3)
    return [[source.randrange(3, 300) for _ in range(source.randrange(1, 40))] for _ in range(count)]


@pytest.mark.parametrize(
    ("examples", "card"), [([], []), ([], list(range(60, 90))), (list(range(100, 150)), list(range(60, 90)))]
)
def test_three_turns_equal_uncached_decoding(student: Student, examples: list[int], card: list[int]) -> None:
    """All prompts begin with `examples`, which are held once; all but one go on with `card`, which is copied."""
    model, tokenizer = student
    limits = DecodeLimits(max_new_tokens=12, max_context=400)
    decoder = Decoder(model, tokenizer, 7, limits)
    texts = {key: examples + (card if key != 4 else []) + ids for key, ids in enumerate(prompts(7))}
    for key, ids in texts.items():
        decoder.begin(key, ids)
    if examples:
        decoder.share_all()
    decoder.share([1])
    decoder.share([key for key in texts if key != 4])
    for round_ in range(3):
        # conversations start the turn in two parts and leave as they finish, so their rows move all the time
        decoder.feed([key for key in texts if key % 2])
        early = decoder.decode(2)
        decoder.feed([key for key in texts if not key % 2])
        finished: list[DecodedTurn] = [*early, *decoder.decode(len(texts))]
        assert sorted(turn.key for turn in finished) == sorted(texts)
        for turn in finished:
            expected = greedy(student, texts[turn.key], 12)
            assert turn.text == tokenizer.decode(expected)
            reply = [tokenizer.eos_token_id, 40 + turn.key, 50 + round_]
            texts[turn.key] = texts[turn.key] + expected + reply
            decoder.observe(turn.key, reply)
        gone = 5 - round_
        decoder.end(gone)
        del texts[gone]


@pytest.mark.parametrize("whole_turns", [False, True])
def test_a_closed_block_ends_the_turn_unless_whole_turns_are_wanted(student: Student, whole_turns: bool) -> None:
    model, tokenizer = student
    text = "a\n```\nx\n```"
    block = tokenizer(text, add_special_tokens=False)["input_ids"]
    more = tokenizer(" y", add_special_tokens=False)["input_ids"]
    tokens = iter([*block, *more, tokenizer.eos_token_id, 60, 61])

    class Scripted(Decoder):
        def _choose(self, logits: Any, batch: Any) -> list[int]:
            return [next(tokens)]

    decoder = Scripted(model, tokenizer, 1, DecodeLimits(100, 400, whole_turns=whole_turns))
    decoder.begin(0, [3, 4])
    decoder.feed([0])
    whole = DecodedTurn(0, f"{text} y", len(block) + len(more), (*block, *more, tokenizer.eos_token_id))
    assert decoder.decode(1) == [whole if whole_turns else DecodedTurn(0, text, len(block), tuple(block))]


def test_a_full_context_ends_the_turn(student: Student) -> None:
    model, tokenizer = student
    decoder = Decoder(model, tokenizer, 1, DecodeLimits(max_new_tokens=100, max_context=30))
    decoder.begin(0, prompts(1)[0][:20])
    decoder.feed([0])
    decoder.decode(1)
    assert decoder.room(0) >= 0


def test_samples_follow_from_their_own_seed(student: Student) -> None:
    model, tokenizer = student

    def sampled(order: list[int]) -> dict[int, str]:
        decoder = Decoder(model, tokenizer, 4, DecodeLimits(max_new_tokens=8, max_context=400, temperature=1.0))
        for key in order:
            decoder.begin(key, prompts(4)[key], Random(key))
        decoder.feed(order)
        return {turn.key: turn.text for turn in decoder.decode(4)}

    assert sampled([0, 1, 2, 3]) == sampled([3, 1, 0, 2])
    assert len(set(sampled([0, 1, 2, 3]).values())) == 4


def test_conversations_with_limits_of_their_own_join_and_leave_between_steps(student: Student) -> None:
    model, tokenizer = student
    decoder = Decoder(model, tokenizer, 3, DecodeLimits(1, 400))
    own = {0: DecodeLimits(12, 400), 1: DecodeLimits(9, 400, 1.0), 2: DecodeLimits(12, 400), 3: DecodeLimits(5, 400)}
    texts = dict(enumerate(prompts(4)))
    turns: dict[int, DecodedTurn] = {}

    def join(key: int) -> None:
        decoder.begin(key, texts[key], Random(key), own[key])
        decoder.feed([key])
        turns.update({turn.key: turn for turn in decoder.step()})

    for key in (0, 1, 2):
        join(key)
    partial = list(decoder.turn(0))
    decoder.end(0)  # in the middle of its turn
    join(3)
    while len(turns) < 3:
        turns.update({turn.key: turn for turn in decoder.step()})
    assert partial == greedy(student, texts[0], 12)[: len(partial)] != []
    for key in (2, 3):
        assert turns[key].text == tokenizer.decode(greedy(student, texts[key], own[key].max_new_tokens))
    alone = Decoder(model, tokenizer, 1, own[1])
    alone.begin(1, texts[1], Random(1))
    alone.feed([1])
    assert alone.decode(1) == [turns[1]]


@given(st.lists(st.integers(0, 9), max_size=20), st.lists(st.integers(0, 9), min_size=1, max_size=12))
def test_a_phrase_over_and_over_is_a_loop(before: list[int], phrase: list[int]) -> None:
    turn = before + phrase * 60
    assert any(is_looping(turn[:length]) for length in range(len(before), len(before) + 60))


@given(st.lists(st.integers(0, 10**6), max_size=100, unique=True), st.integers(0, 46))
def test_what_is_new_is_no_loop(turn: list[int], repeated: int) -> None:
    assert not is_looping(turn)
    assert not any(is_looping(turn + [7] * length) for length in range(repeated))
