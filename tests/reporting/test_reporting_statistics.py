"""Intervals and tests against values known from elsewhere, and the properties they must have."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.reporting.statistics import clustered_bootstrap, holm, mcnemar, minimum_detectable_effect, wilson


def test_wilson_interval_as_published() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I: 81/263, 15/148, 0/20, 1/29
    for correct, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert wilson(correct, n, 0.95) == pytest.approx((low, high), abs=5e-5)
    assert wilson(0, 0, 0.95) == (0, 1)


def test_mcnemar_is_the_two_sided_binomial_tail_of_the_discordant_pairs() -> None:
    assert mcnemar(1, 9) == pytest.approx(2 * (1 + 10) / 2**10)
    assert mcnemar(9, 1) == mcnemar(1, 9)
    assert mcnemar(0, 0) == mcnemar(4, 4) == 1


def test_holm_steps_down_and_never_reorders() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


def test_bootstrap_resamples_tables_not_questions() -> None:
    # Two tables that agree perfectly within themselves: the mean is 0, ½ or 1 according to which tables are drawn.
    interval = clustered_bootstrap({"a": [1] * 500, "b": [0] * 500}, 400, 0.95, 0, "x")
    assert interval == (0, 1)
    assert clustered_bootstrap({"a": [1, 0]}, 400, 0.95, 0, "x") == (0.5, 0.5)
    with pytest.raises(ValueError, match="no pair"):
        clustered_bootstrap({"a": []}, 400, 0.95, 0, "x")


def test_bootstrap_depends_on_seed_and_item_and_not_on_the_order_of_tables() -> None:
    data = {name: [int(name < "m")] * 3 + [k % 2 for k in range(size)] for size, name in enumerate("abxyz", start=2)}
    first = clustered_bootstrap(data, 300, 0.9, 0, "x")
    assert first == clustered_bootstrap(dict(reversed(data.items())), 300, 0.9, 0, "x")
    assert first != clustered_bootstrap(data, 300, 0.9, 1, "x") or first != clustered_bootstrap(data, 300, 0.9, 0, "y")


def test_minimum_detectable_effect_solves_connors_formula() -> None:
    effect = minimum_detectable_effect(330, 100, 0.05)
    assert effect is not None
    share = 100 / 330
    needed = (1.959964 * math.sqrt(share) + 0.841621 * math.sqrt(share - effect**2)) ** 2 / effect**2
    assert needed == pytest.approx(330, rel=1e-4)


@given(st.integers(1, 2000), st.integers(0, 2000))
def test_the_detectable_effect_is_never_more_than_the_discordance(n: int, discordant: int) -> None:
    effect = minimum_detectable_effect(n, min(discordant, n), 0.05)
    assert effect is None or 0 < effect <= min(discordant, n) / n
