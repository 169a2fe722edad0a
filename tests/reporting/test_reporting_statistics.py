"""Intervals and tests agree with published values and have the required properties."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tabletutor.reporting.statistics import (
    Interval,
    clustered_bootstrap,
    crossed_bootstrap,
    holm,
    is_significant,
    mcnemar,
    minimum_detectable_effect,
    sign_flip,
    wilson,
)


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


def test_wilson_intervals_are_shares() -> None:
    for n in range(1, 300):
        (low, _), (_, high) = wilson(0, n, 0.95), wilson(n, n, 0.95)
        assert 0 <= low < 1e-12
        assert 1 - 1e-12 < high <= 1
    assert wilson(1, 1, 0.95) == pytest.approx((0.2065, 1), abs=5e-5)


def test_mcnemar_is_the_two_sided_binomial_tail_of_the_discordant_pairs() -> None:
    assert mcnemar(1, 9) == pytest.approx(2 * (1 + 10) / 2**10)
    assert mcnemar(9, 1) == mcnemar(1, 9)
    assert mcnemar(0, 0) == mcnemar(4, 4) == 1


def test_holm_steps_down_and_never_reorders() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


def test_bootstrap_resamples_tables_not_questions() -> None:
    # Two tables with constant outcomes: the mean is 0, ½ or 1, depending on the sampled tables.
    interval = clustered_bootstrap({"a": [1] * 500, "b": [0] * 500}, 400, 0.95, 0, "x")
    assert interval == (0, 1)
    assert clustered_bootstrap({"a": [1, 0]}, 400, 0.95, 0, "x") == (0.5, 0.5)
    with pytest.raises(ValueError, match="no pair"):
        clustered_bootstrap({"a": []}, 400, 0.95, 0, "x")


def test_bootstrap_depends_on_seed_and_item_and_not_on_the_order_of_tables() -> None:
    data = {name: [int(name < "m")] * 3 + [k % 2 for k in range(size)] for size, name in enumerate("abxyz", start=2)}
    first = clustered_bootstrap(data, 300, 0.9, 0, "x")
    assert first == pytest.approx((0.3, 0.6006451612903227))
    assert clustered_bootstrap(data, 300, 0.9, 1, "x") == pytest.approx((0.2894736842105263, 0.6))
    assert clustered_bootstrap(data, 300, 0.9, 0, "y") == pytest.approx((0.30952380952380953, 0.6))
    assert first == clustered_bootstrap(dict(reversed(data.items())), 300, 0.9, 0, "x")
    assert first != clustered_bootstrap(data, 300, 0.9, 1, "x") or first != clustered_bootstrap(data, 300, 0.9, 0, "y")


def test_the_crossed_bootstrap_resamples_runs_as_well_as_tables() -> None:
    right, wrong = {"a": [1.0] * 40, "b": [1.0] * 40}, {"a": [0.0] * 40, "b": [0.0] * 40}
    # The tables are alike, so only the sampled runs matter. The mean of two sampled runs is 0, ½ or 1.
    assert crossed_bootstrap([right, wrong], [wrong, wrong], 400, 0.95, 0, "x") == (0, 1)
    assert crossed_bootstrap([right], [wrong], 400, 0.95, 0, "x") == (1, 1)
    assert crossed_bootstrap([wrong], [right], 400, 0.95, 0, "x") == (-1, -1)
    assert crossed_bootstrap([right], [right], 400, 0.95, 0, "x") == (0, 0)
    # With one run on each side this is the bootstrap of the differences over tables.
    mixed = {"a": [1.0, 0.0, 1.0], "b": [0.0, 0.5], "c": [1.0]}
    nothing = {name: [0.0] * len(values) for name, values in mixed.items()}
    alone = clustered_bootstrap(mixed, 400, 0.9, 0, "x")
    assert crossed_bootstrap([mixed], [nothing], 400, 0.9, 0, "x") == alone
    with pytest.raises(ValueError, match="different numbers of questions"):
        crossed_bootstrap([mixed], [right], 400, 0.9, 0, "x")


def test_runs_are_sampled_with_replacement() -> None:
    # Only runs differ. The mean of three sampled runs is 0.2, 0.3 … 0.8, in 1, 3, 6, 7, 6, 3, 1 of 27 cases.
    runs = [{"a": [value], "b": [value]} for value in (0.2, 0.5, 0.8)]
    for confidence, expected in ((0.5, (0.4, 0.6)), (0.8, (0.3, 0.7)), (0.99, (0.2, 0.8))):
        assert crossed_bootstrap(runs, [], 5000, confidence, 0, "x") == pytest.approx(expected)


def test_sign_flip_tries_every_pattern_if_they_are_few() -> None:
    # Six differences of one sign: of 64 patterns, this one and its opposite are equally far from 0.
    assert sign_flip([1, 1 / 3, 2 / 3, 1, 1 / 3, 1], 999, 0, "x") == pytest.approx(2 / 64)
    # Fisher's example of Darwin's maize (Design of Experiments, 1935): 863 + 863 of 32,768 patterns.
    maize = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
    assert sign_flip(maize, 2**15, 0, "x") == pytest.approx(1726 / 32768)
    assert sign_flip([1], 999, 0, "x") == sign_flip([], 999, 0, "x") == sign_flip([0, 0.0], 999, 0, "x") == 1


def test_sign_flip_samples_patterns_if_they_are_many() -> None:
    assert sign_flip([1 / 3] * 60, 999, 0, "x") == pytest.approx(2 / 1000)
    mixed = [1 / 3] * 30 + [-1 / 3] * 22 + [2 / 3] * 5 + [0] * 40
    p = sign_flip(mixed, 9999, 0, "x")
    assert p == pytest.approx(0.04, abs=0.01)  # 6 is 2.1 standard deviations from 0
    assert p == sign_flip(mixed[::-1], 9999, 0, "x") == sign_flip([value for value in mixed if value], 9999, 0, "x")
    assert p != sign_flip(mixed, 9999, 1, "x") or p != sign_flip(mixed, 9999, 0, "y")
    assert p == pytest.approx(sign_flip([-value for value in mixed], 9999, 0, "x"), abs=0.02)


@given(st.lists(st.sampled_from([-1, -2 / 3, -1 / 3, 0, 1 / 3, 2 / 3, 1]), max_size=9))
@example([-1, -1, 1 / 3, 2 / 3, 1])  # sums to 0 except for rounding
def test_sign_flip_does_not_care_for_order_or_direction(differences: list[float]) -> None:
    p = sign_flip(differences, 999, 0, "x")
    assert 2 / 2 ** max(1, sum(map(bool, differences))) <= p <= 1
    assert p == sign_flip(differences[::-1], 999, 0, "x") == sign_flip([-each for each in differences], 999, 0, "x")


def test_significance_needs_p_and_interval_together() -> None:
    assert is_significant(0.04, Interval(0.1, 2.0), 0.95)
    assert is_significant(0.04, Interval(-2.0, -0.1), 0.95)
    assert not is_significant(0.06, Interval(0.1, 2.0), 0.95)
    for across in (Interval(0.0, 2.0), Interval(-2.0, 0.0), Interval(-2.0, 0.5)):
        assert not is_significant(0.04, across, 0.95)
    assert not is_significant(1 - 0.95, Interval(0.1, 2.0), 0.95)


def test_minimum_detectable_effect_solves_connors_formula() -> None:
    effect = minimum_detectable_effect(330, 100, 0.05)
    assert effect is not None
    share = 100 / 330
    needed = (1.959964 * math.sqrt(share) + 0.841621 * math.sqrt(share - effect**2)) ** 2 / effect**2
    assert needed == pytest.approx(330, rel=1e-4)


def test_no_effect_is_detectable_where_no_pair_is_discordant_or_pairs_are_few() -> None:
    for n, discordant in ((0, 0), (0, 5), (10, 0), (1, 1)):
        assert minimum_detectable_effect(n, discordant, 0.05) is None
    assert minimum_detectable_effect(4, 1, 0.9) == pytest.approx(0.221, abs=0.02)
    assert minimum_detectable_effect(1, 1, 0.5) == pytest.approx(0.946, abs=0.001)


@given(st.integers(1, 2000), st.integers(0, 2000))
def test_the_detectable_effect_is_never_more_than_the_discordance(n: int, discordant: int) -> None:
    effect = minimum_detectable_effect(n, min(discordant, n), 0.05)
    assert effect is None or 0 < effect <= min(discordant, n) / n
