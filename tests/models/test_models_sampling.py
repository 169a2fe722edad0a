"""Sampling with a temperature and a nucleus per row."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.models.sampling import sample_tokens

CHANCES = [0.1, 0.4, 0.2, 0.3]


@pytest.mark.parametrize(
    ("top_p", "tokens"),
    [(1.0, {0, 1, 2, 3}), (0.95, {0, 1, 2, 3}), (0.85, {1, 2, 3}), (0.5, {1, 3}), (0.39, {1}), (0.0, {1})],
)
def test_a_nucleus_has_the_likeliest_tokens(top_p: float, tokens: set[int]) -> None:
    points = [index / 100 for index in range(100)]
    logits = torch.tensor([CHANCES] * 100).log()
    drawn = sample_tokens(logits, [1.0] * 100, [top_p] * 100, points)
    assert set(drawn) == tokens
    total = sum(CHANCES[token] for token in tokens)
    for token in tokens:
        assert abs(drawn.count(token) - 100 * CHANCES[token] / total) <= 1


@given(
    st.lists(st.tuples(st.floats(0.1, 2), st.floats(0, 1), st.floats(0, 1, exclude_max=True)), min_size=1, max_size=5)
)
def test_rows_do_not_affect_each_other(rows: list[tuple[float, float, float]]) -> None:
    logits = torch.randn(len(rows), 50, generator=torch.Generator().manual_seed(1))
    together = sample_tokens(logits, *zip(*rows, strict=True))
    alone = [sample_tokens(logits[[index]], [a], [b], [c])[0] for index, (a, b, c) in enumerate(rows)]
    assert together == alone
