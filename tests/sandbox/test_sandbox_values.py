"""Conversion of values to JSON, digests of hooks, and the frame reader."""

import datetime
import json
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.sandbox.guest.frame import read_frame
from tabletutor.sandbox.guest.hooks import INLINE_BYTES, summarise, value_sha256
from tabletutor.sandbox.guest.values import MAX_ITEMS, to_json

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
PLAIN = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)


class Fit(NamedTuple):
    slope: float
    p: float | None


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (Decimal("1.5"), 1.5),
        (float("nan"), None),
        (pd.NA, None),
        (pd.NaT, None),
        (np.datetime64("NaT"), None),
        (pd.Timestamp("2020-02-01"), "2020-02-01"),
        (pd.Timestamp("2020-02-01 13:05"), "2020-02-01T13:05:00"),
        (np.datetime64("2020-02-01"), "2020-02-01"),
        (datetime.date(2020, 2, 1), "2020-02-01"),
        (pd.Timedelta(days=2), "2 days 00:00:00"),
        (pd.Period("2020-03", "M"), "2020-03"),
        ({3, 1, 2}, [1, 2, 3]),
        ({"b", "a", None}, [None, "a", "b"]),
        ((1, [2.5]), [1, [2.5]]),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.array(7), 7),
        (pd.Index(["x", "y"]), ["x", "y"]),
        (pd.Series([1.5, None], index=["a", "b"]), {"a": 1.5, "b": None}),
        (pd.Series([1], index=pd.MultiIndex.from_tuples([("a", 2)])), {"a": {"2": 1}}),
        (pd.Series([1], index=pd.MultiIndex.from_tuples([("a", 2, "b")])), {"a, 2, b": 1}),
        ({("a", 2): 1}, {"a, 2": 1}),
        (pd.Series([1], index=pd.to_datetime(["2020-01-01"])), {"2020-01-01": 1}),
        (pd.Series(["x"], index=[2019], dtype="category"), {"2019": "x"}),
        ({1: True, None: 2}, {"1": True, "NaN": 2}),
        (pd.DataFrame({"a": [1, 2], "b": ["x", None]}), [{"a": 1, "b": "x"}, {"a": 2, "b": None}]),
        (pd.DataFrame({"n": [1]}, index=pd.Index(["k"], name="key")), {"k": {"n": 1}}),
        (
            pd.DataFrame({"n": [1, 2]}, index=pd.Index(["k", "k"], name="key")),
            [{"key": "k", "n": 1}, {"key": "k", "n": 2}],
        ),
        (pd.DataFrame({"n": [1, 2]})[1:], [{"n": 2}]),
        (
            pd.DataFrame({"n": [1, 2, 3]}).iloc[[0, 1, 0]],
            [{"index": 0, "n": 1}, {"index": 1, "n": 2}, {"index": 0, "n": 1}],
        ),
        (
            pd.crosstab(pd.Series(["a", "b"]), pd.Series([2020, 2021])),
            {"a": {"2020": 1, "2021": 0}, "b": {"2020": 0, "2021": 1}},
        ),
        (Fit(1.5, None), {"slope": 1.5, "p": None}),
    ],
)
def test_values_become_plain_json(value: Any, plain: Any) -> None:
    assert to_json(value) == plain
    assert type(to_json(value)) is type(plain)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (float("inf"), "infinite"),
        (b"x", "bytes"),
        (object(), "type object"),
        ((item for item in "ab"), "generator"),
        (pd.DataFrame({"a": [1]}).groupby("a"), "DataFrameGroupBy"),
        ("\ud800", "surrogates"),
        (pd.Series([1, 2], index=["a", "a"]), "occurs twice"),
        (pd.Series([1, 2], index=pd.MultiIndex.from_tuples([("a", "b"), ("a", "b")])), "'b' occurs twice"),
        (pd.DataFrame({"n": [1, 2]}, index=pd.Index([1, "1"])), "'1' occurs twice"),
        (list(range(MAX_ITEMS + 1)), "too large"),
    ],
)
def test_what_cannot_be_an_answer_is_named(value: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        to_json(value)


def test_depth_is_limited_also_for_a_list_that_holds_itself() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(TypeError, match="too deep"):
        to_json(loop)


@given(PLAIN)
def test_plain_json_stays_as_it_is(value: Any) -> None:
    try:
        plain = to_json(value)
    except TypeError:
        return  # too deep, or a lone surrogate
    assert plain == value
    json.dumps(plain, allow_nan=False)


def test_digest_does_not_depend_on_memory_layout() -> None:
    array = np.arange(12.0).reshape(3, 4)
    frame = pd.DataFrame(array, columns=list("abcd"))
    assert value_sha256(array) == value_sha256(np.asfortranarray(array)) == value_sha256(array[::-1][::-1])
    assert value_sha256(frame) == value_sha256(pd.concat([frame[["a", "b"]], frame[["c", "d"]]], axis=1))
    assert value_sha256(frame["a"]) == value_sha256(frame["a"].astype("float32"))
    assert value_sha256(pd.Series(["a", None])) == value_sha256(pd.Series(["a", None], dtype=object))
    assert value_sha256({"b", "a"}) == value_sha256({"a", "b"})
    assert value_sha256(-0.0) == value_sha256(0.0)


def test_digest_sees_the_last_bit_and_the_last_row() -> None:
    big = pd.Series(np.arange(1000.0))
    other = big.copy()
    other.iloc[-1] = np.nextafter(999.0, 0)
    assert value_sha256(big) != value_sha256(other)
    digests = {value_sha256(value) for value in (1, 1.0, True, "1", [1], (1,), None, float("nan"), 0.1 + 0.2, 0.3)}
    assert len(digests) == 10


def test_large_values_are_summarised_small_ones_shown() -> None:
    assert summarise(np.float64(0.1)) == 0.1
    assert type(summarise(np.float64(0.1))) is float
    assert summarise(pd.Series([1.5], index=["a"])) == {"a": 1.5}
    long = summarise(pd.Series(range(1000)))
    assert long == {"type": "Series", "shape": [1000], "head": {"0": 0, "1": 1, "2": 2, "3": 3, "4": 4}}
    assert summarise(pd.DataFrame({"a": range(500)}))["shape"] == [500, 1]
    assert summarise("x" * 5000)["length"] == 5000
    assert summarise(float("inf")) == {"type": "float", "head": "inf"}
    assert "0x" not in json.dumps(summarise(object()))
    for value in (["y" * 300] * 3, {str(number): "z" * 50 for number in range(30)}):
        assert len(json.dumps(summarise(value))) < 4 * INLINE_BYTES


def test_frame_has_the_types_everyone_computes_with(parquet: Path) -> None:
    frame = read_frame(parquet)
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        "city": "str", "count": "float64", "whole": "int64", "open": "boolean", "flag": "bool",
        "day": "datetime64[us]", "share": "float64",
    }  # fmt: skip
    assert isinstance(frame.index, pd.RangeIndex)
    assert frame["city"].isna().tolist() == [False, False, True, False]
    assert frame["open"].tolist() == [True, pd.NA, False, True]
