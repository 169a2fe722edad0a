"""Rows, their order and the learning rate: what follows from the step alone."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.config.schema import ScratchModelConfig, TrainingConfig
from tabletutor.models.scratch import train_tokenizer
from tabletutor.training.rows import epoch_batches, length_batches, read_rows
from tabletutor.training.schedule import learning_rate, total_steps

LENGTHS = st.lists(st.integers(1, 500), min_size=1, max_size=200)


@given(LENGTHS, st.integers(1, 9), st.integers(0, 5))
def test_an_epoch_has_every_row_once(lengths: list[int], batch_size: int, epoch: int) -> None:
    batches = epoch_batches(lengths, batch_size, 7, epoch)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    assert all(0 < len(batch) <= batch_size for batch in batches)
    assert batches == epoch_batches(lengths, batch_size, 7, epoch)
    assert len(batches) == len(epoch_batches(lengths, batch_size, 7, epoch + 1))


def test_epochs_and_seeds_differ() -> None:
    lengths = list(range(50))
    assert epoch_batches(lengths, 4, 0, 0) != epoch_batches(lengths, 4, 0, 1)
    assert epoch_batches(lengths, 4, 0, 0) != epoch_batches(lengths, 4, 1, 0)


@given(LENGTHS)
def test_evaluation_sees_every_row_by_length(lengths: list[int]) -> None:
    order = [index for batch in length_batches(lengths, 4) for index in batch]
    assert sorted(order) == list(range(len(lengths)))
    assert [lengths[index] for index in order] == sorted(lengths)


@given(st.integers(1, 400), st.sampled_from(["cosine", "linear", "constant"]), st.floats(0, 0.9))
def test_the_rate_rises_then_never_rises_again(steps: int, scheduler: str, warmup: float) -> None:
    config = TrainingConfig.model_validate({"scheduler": scheduler, "warmup_share": warmup, "learning_rate": 1e-3})
    rates = [learning_rate(config, step, steps) for step in range(1, steps + 1)]
    assert all(0 < rate <= 1e-3 for rate in rates)
    top = rates.index(max(rates))
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert max(rates) == pytest.approx(1e-3)


def test_steps_of_a_run() -> None:
    assert total_steps(TrainingConfig(epochs=1.5), 10) == 15
    assert total_steps(TrainingConfig(epochs=3, max_steps=12), 10) == 12
    assert total_steps(TrainingConfig(epochs=0.01), 10) == 1


def test_a_bad_row_is_named(tmp_path: Path) -> None:
    tokenizer = train_tokenizer(ScratchModelConfig(source="scratch", vocabulary=300), ["text"])
    path = tmp_path / "train.jsonl"
    said = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    path.write_text(json.dumps({"messages": said}) + "\n" + json.dumps({"messages": said[:1]}) + "\n")
    with pytest.raises(ValueError, match=r"train\.jsonl:2: no token of this row is trained"):
        read_rows(path, tokenizer)
    path.write_text('{"messages": 3}\n')
    with pytest.raises(ValueError, match=r"train\.jsonl:1: not a row with messages"):
        read_rows(path, tokenizer)
