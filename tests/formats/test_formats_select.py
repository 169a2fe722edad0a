"""The selection of rows: choices depend on seed, purpose and trace alone, and everything left out is counted."""

import random
from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.config.formats import FormatConfig, LabelledConfig, PairsConfig
from tabletutor.formats.select import Candidate, balance_labels, cap_families, sample, select
from tabletutor.formats.shortcut import LabelledText, Pair, balance_pairs, surface_accuracy
from tabletutor.records.identity import digest
from tabletutor.rows.row import Note


def row(
    number: int, label: bool | None = None, table: str = "t", family: str = "f", pair: Pair | None = None
) -> Candidate:
    note = Note(f"q{number}", table, f"g{number}", family, None, ())
    return Candidate(b"", f"{number} {label}", f"g{number}", label, 1, pair, note)


def ids(rows: Sequence[Candidate]) -> str:
    return " ".join(each.trace_id for each in rows)


def test_a_draw_is_the_same_for_ever() -> None:
    rows = [row(number) for number in range(9)]
    assert ids(sample(rows, 3, 0)) == "g8 g6 g5"
    assert ids(sample(rows, 3, 0, "label")) == "g7 g8 g1"
    assert ids(sample(rows, 3, 1)) == "g7 g4 g5"
    of_one_trace = [msgspec.structs.replace(rows[0], content=str(place)) for place in range(6)]
    assert "".join(each.content for each in sample(of_one_trace, 6, 0)) == "235410"


@given(st.lists(st.integers(0, 20), unique=True), st.integers(0, 8))
def test_a_draw_takes_so_many_and_none_twice(numbers: list[int], most: int) -> None:
    rows = [row(number) for number in numbers]
    found = sample(rows, most, 0)
    assert len(found) == min(most, len(rows))
    assert len({each.trace_id for each in found}) == len(found)
    assert found == sample(rows[::-1], most, 0) == sample(rows, most + 1, 0)[:most]


@pytest.mark.parametrize(
    ("right", "wrong", "share", "kept"),
    [(10, 4, 0.5, (4, 4)), (10, 4, 0.8, (10, 2)), (4, 10, 0.25, (3, 10)), (3, 3, 0.5, (3, 3)), (5, 0, 0.5, (0, 0))],
)
def test_labels_are_balanced_at_the_share_that_is_wanted(
    right: int, wrong: int, share: float, kept: tuple[int, int]
) -> None:
    rows = [row(number, label=number < right) for number in range(right + wrong)]
    dropped: Counter[str] = Counter()
    for found in (balance_labels(rows, share, 0), select(rows, LabelledConfig(positive_share=share), 0, dropped)):
        labels = [bool(each.label) for each in found]
        assert (labels.count(True), labels.count(False)) == kept
        assert labels == sorted(labels, reverse=True), "in their order"
    assert dropped["uneven_labels"] == len(rows) - sum(kept)
    assert select(rows, LabelledConfig(positive_share=None), 0, Counter()) == rows


def test_caps_hold_for_each_table_and_family_and_what_goes_is_counted() -> None:
    rows = [row(number, table=f"t{number % 2}", family=f"f{number % 3}") for number in range(24)]
    dropped: Counter[str] = Counter()
    found = select([*rows, rows[0]], FormatConfig(per_family=3, per_table=5), 0, dropped)
    assert Counter(each.note.table for each in found) == {"t0": 5, "t1": 5}
    assert dropped == {"duplicate": 1, "over_per_family": 6, "over_per_table": 8}
    families = cap_families(rows, 3, 0)
    assert Counter(each.note.family for each in families) == {"f0": 3, "f1": 3, "f2": 3}
    assert [each for each in rows if each in families] == families
    dropped.clear()
    assert Counter(each.note.table for each in select(rows, FormatConfig(per_table=1), 0, dropped)) == {
        "t0": 1,
        "t1": 1,
    }
    assert dropped == {"duplicate": 0, "over_per_table": 22}


def telling(count: int, fair: int = 0) -> list[Pair]:
    """Return `count` pairs that prefer `mean` to `best`, and `fair` that prefer `best`. All have equal lengths."""
    ways = [("mean", "best")] * count + [("best", "mean")] * fair
    return [
        Pair(f"{one} of {number % 7} rows", f"{other} of {number % 7} rows", f"t{number % 5}")
        for number, (one, other) in enumerate(ways)
    ]


def test_pairs_go_until_no_word_favours_a_side() -> None:
    assert balance_pairs(telling(4)) == [0, 1, 2, 3], "too few to say"
    assert balance_pairs(telling(6)) == list(range(6)), "within two and a half deviations of a coin"
    assert len(balance_pairs(telling(7))) == 6
    assert balance_pairs([]) == []
    for count, fair in ((40, 10), (300, 100), (10, 40)):
        kept = balance_pairs(telling(count, fair))
        favoured = abs(sum(1 if place < count else -1 for place in kept))
        assert favoured <= 2.5 * len(kept) ** 0.5
        assert len(kept) >= 2 * min(count, fair)
        assert kept == sorted(set(kept))


def test_pairs_of_which_one_side_is_longer_go_too() -> None:
    pairs = [Pair("a" * (number % 3 + 2), "a" * (number % 3 + 1), "t") for number in range(60)]
    assert len(balance_pairs(pairs)) < 20


def test_what_goes_first_leans_most() -> None:
    pairs = [*telling(30), *(Pair(f"word{number} x", f"x word{number}", "t") for number in range(10))]
    kept = balance_pairs(pairs)
    assert set(range(30, 40)) <= set(kept)
    assert kept == [24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39]


def test_the_bound_of_what_may_lean_is_within_it() -> None:
    assert len(balance_pairs(telling(13, 3))) == 16, "10 of 16 are two and a half deviations of a coin"
    assert len(balance_pairs(telling(14, 3))) < 17


def test_two_words_in_a_row_count_and_three_do_not() -> None:
    swapped = [Pair(f"w{n} a b", f"w{n} b a", "t") for n in range(40)]
    assert len(balance_pairs(swapped)) < 10
    turned = [Pair(f"a b a c a w{n}", f"a c a b a w{n}", "t") for n in range(40)]
    assert len(balance_pairs(turned)) == 40


def noisy(count: int, seed: int) -> list[Pair]:
    """Texts of common and rare words that are drawn; half of those of a side begin with a word of that side."""
    source = random.Random(seed)
    words = ["Mean", "mean", "sum", "rows", "of", "the", "last", "first", "wind", "rain", "(", ")", "keep", "city"]
    often = [20] * len(words) + [1] * 150
    words += [f"rare{number}" for number in range(150)]

    def text(first: str) -> str:
        lean = [first] if source.random() < 0.5 else []
        return " ".join([*lean, *source.choices(words, often, k=source.randint(3, 14))])

    return [Pair(text("mean"), text("Mean"), f"t{number % 7}") for number in range(count)]


@pytest.mark.parametrize(
    ("count", "seed", "kept", "told"), [(420, 1, "218 09b19fd9ec04", 0.692), (620, 2, "353 f95f127c021f", 0.683)]
)
def test_what_is_kept_and_how_well_form_predicts_is_the_same_for_ever(
    count: int, seed: int, kept: str, told: float
) -> None:
    pairs = noisy(count, seed)
    places = balance_pairs(pairs)
    assert f"{len(places)} {digest(places)[:12]}" == kept
    assert surface_accuracy(both_sides(pairs)) == told
    evened = surface_accuracy(both_sides([pairs[place] for place in places]))
    assert evened is not None
    assert evened < 0.6


def both_sides(pairs: Sequence[Pair]) -> list[LabelledText]:
    return [
        LabelledText(text, right, pair.table)
        for pair in pairs
        for text, right in ((pair.chosen, True), (pair.rejected, False))
    ]


def test_uneven_pairs_are_counted_and_rows_that_are_none_are_refused() -> None:
    rows = [row(number, pair=pair) for number, pair in enumerate(telling(40, 10))]
    dropped: Counter[str] = Counter()
    found = select(rows, PairsConfig(), 0, dropped)
    assert [each.pair for each in found] == [telling(40, 10)[place] for place in balance_pairs(telling(40, 10))]
    assert dropped["uneven_surface"] == 50 - len(found) > 0
    assert select(rows, PairsConfig(balance_surface=False), 0, Counter()) == rows
    with pytest.raises(ValueError, match="balance_surface needs pairs, but 2 of 52 rows are none"):
        select([*rows, row(90), row(91)], PairsConfig(), 0, Counter())


def judged(right: int, wrong: int, tables: int = 5, told: bool = True) -> list[LabelledText]:
    labels = [True] * right + [False] * wrong
    return [
        LabelledText(f"{'mean' if label and told else 'total'} of rows", label, f"t{number % tables}")
        for number, label in enumerate(labels)
    ]


def test_form_is_measured_on_tables_that_were_not_fitted_on() -> None:
    assert surface_accuracy(judged(25, 25)) == 1.0
    assert (
        surface_accuracy(judged(24, 25))
        is surface_accuracy(judged(25, 24))
        is surface_accuracy(judged(40, 40, tables=4))
        is None
    )
    assert surface_accuracy(judged(60, 30, told=False)) == 0.667, "nothing to go by but the likelier label"
    # A word that tells right from wrong in each table, but another one in each: of no use on other tables.
    own = [LabelledText(f"word{n % 5}{n % 2} x", bool(n % 2), f"t{n % 5}") for n in range(100)]
    assert surface_accuracy(own) == 0.5
    lengths = [LabelledText("a" * (300 if n % 2 else 200), bool(n % 2), f"t{n % 5}") for n in range(100)]
    assert surface_accuracy(lengths) == 1.0
