"""Rows, packs, batches and the learning rate of each step."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.config.models import ScratchModelConfig
from tabletutor.config.training import SftConfig
from tabletutor.models.tokenizer import train_tokenizer
from tabletutor.training.packing import epoch_batches, group_by_prefix, ordered_packs, pack, packed_tokens
from tabletutor.training.rows import EncodedRow, read_rows
from tabletutor.training.schedule import learning_rate, total_steps

ROWS = st.lists(
    st.tuples(st.lists(st.integers(0, 2), min_size=1, max_size=6), st.lists(st.integers(3, 5), min_size=1, max_size=3)),
    min_size=1,
    max_size=40,
).map(lambda parts: [EncodedRow([*a, *b, 9], [False] * len(a) + [True] * len(b) + [False]) for a, b in parts])


def test_rows_of_one_table_are_alike() -> None:
    card, other = list(range(20)), [*range(8), *range(50, 62)]
    rows = [EncodedRow([*start, 90 + at, 1], [False] * 21 + [True]) for start in (card, other) for at in range(3)]
    assert sorted(group_by_prefix(rows)) == [[0, 1, 2], [3, 4, 5]]


@given(ROWS, st.integers(1, 5), st.integers(1, 9), st.integers(0, 5))
def test_an_epoch_has_every_row_once(rows: list[EncodedRow], pack_rows: int, batch_size: int, epoch: int) -> None:
    groups = group_by_prefix(rows)
    for batches in (epoch_batches(rows, groups, pack_rows, batch_size, 7, epoch), [ordered_packs(groups, pack_rows)]):
        assert sorted(index for batch in batches for chosen in batch for index in chosen) == list(range(len(rows)))
        assert all(0 < len(chosen) <= pack_rows for batch in batches for chosen in batch)
    batches = epoch_batches(rows, groups, pack_rows, batch_size, 7, epoch)
    assert all(sum(map(len, batch)) <= batch_size for batch in batches)
    assert batches == epoch_batches(rows, groups, pack_rows, batch_size, 7, epoch)


def test_epochs_and_seeds_differ() -> None:
    groups, rows = [list(range(50))], [EncodedRow([1, 2], [False, True])] * 50
    assert epoch_batches(rows, groups, 2, 4, 0, 0) != epoch_batches(rows, groups, 2, 4, 0, 1)
    assert epoch_batches(rows, groups, 2, 4, 0, 0) != epoch_batches(rows, groups, 2, 4, 1, 0)


def test_packs_of_a_batch_are_of_like_length() -> None:
    """Packs in a batch differ less than random pairs, or one thread would wait for the other at each step."""
    rows = [EncodedRow([9] * (10 + at), [False, *[True] * (9 + at)]) for at in range(200)]
    batches = epoch_batches(rows, [list(range(200))], 1, 2, 0, 0)
    apart = [abs(len(rows[a].ids) - len(rows[b].ids)) for ((a,), (b,)) in batches]
    assert sum(apart) / len(apart) < 200 / 3 / 4


@given(ROWS)
def test_tokens_are_counted_as_packed(rows: list[EncodedRow]) -> None:
    assert packed_tokens(rows) == pack(rows).ids.numel()


@given(ROWS)
def test_a_pack_unfolds_to_its_rows(rows: list[EncodedRow]) -> None:
    """The context and tokens of a branch together equal its row, with the row's positions and trained tokens."""
    chosen = pack(rows)
    ids, positions = chosen.ids[0].tolist(), chosen.positions[0].tolist()
    assert [span.start for span in chosen.spans[1:]] == [span.stop for span in chosen.spans[:-1]]
    assert chosen.spans[-1].stop == len(ids)
    shared = {(span.start, span.stop) for span in chosen.spans} & {
        (span.context_start, span.context_stop) for span in chosen.spans
    }
    branches = [span for span in chosen.spans if (span.start, span.stop) not in shared]
    predicted = dict(zip(chosen.predicting.tolist(), chosen.targets.tolist(), strict=True))
    for row, span in zip(rows, branches, strict=True):
        places = [*range(span.context_start, span.context_stop), *range(span.start, span.stop)]
        assert [ids[at] for at in places] == row.ids
        assert [positions[at] for at in places] == list(range(len(row.ids)))
        trained = [at for at in range(1, len(row.ids)) if row.trained[at]]
        assert [at for at in range(1, len(row.ids)) if places[at - 1] in predicted] == trained
        assert [predicted[places[at - 1]] for at in trained] == [row.ids[at] for at in trained]


@given(st.integers(1, 400), st.sampled_from(["cosine", "linear", "constant"]), st.floats(0, 0.9))
def test_the_rate_rises_then_never_rises_again(steps: int, scheduler: str, warmup: float) -> None:
    config = SftConfig.model_validate({"scheduler": scheduler, "warmup_ratio": warmup, "learning_rate": 1e-3})
    rates = [learning_rate(config, step, steps) for step in range(1, steps + 1)]
    assert all(0 < rate <= 1e-3 for rate in rates)
    top = rates.index(max(rates))
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert max(rates) == pytest.approx(1e-3)


def test_steps_of_a_run() -> None:
    assert total_steps(SftConfig(epochs=1.5), 10, lambda _: 7) == 15
    assert total_steps(SftConfig(epochs=3, max_steps=12), 10, lambda _: 7) == 12
    assert total_steps(SftConfig(epochs=0.01), 10, lambda _: 7) == 1
    assert total_steps(SftConfig(epochs=3, max_train_tokens=15), 10, lambda step: step) == 5
    assert total_steps(SftConfig(epochs=1, max_train_tokens=1000), 10, lambda step: step) == 10


def test_a_bad_row_is_named(tmp_path: Path) -> None:
    tokenizer = train_tokenizer(ScratchModelConfig(source="scratch", vocabulary=300), ["text"])
    path = tmp_path / "train.jsonl"
    said = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    ids = {"question_id": "q", "table": "t", "trace_id": "r"}
    rows = [{**ids, "messages": [{**message, "weight": 1} for message in messages]} for messages in (said, said[:1])]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(ValueError, match=r"train\.jsonl:2: no token of this row is trained"):
        read_rows(path, tokenizer)
    path.write_text('{"messages": 3}\n')
    with pytest.raises(ValueError, match=r"train\.jsonl:1: not a ConversationRow"):
        read_rows(path, tokenizer)
