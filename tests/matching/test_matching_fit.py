"""Answers as people write them: brought into the form of their type, or refused."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.matching.fit import Misfit, fit
from tabletutor.matching.match import match
from tabletutor.records.question import AnswerSpec, AnswerType


@pytest.mark.parametrize(
    ("written", "kind", "spec", "expected"),
    [
        ("1,234", "integer", {}, 1234),
        (12.0, "integer", {}, 12),
        ("−2.5", "number", {}, -2.5),
        ("45.3 %", "percentage", {}, 45.3),
        (" New York ", "category", {}, "New York"),
        (2007, "category", {}, "2007"),
        ("Yes", "boolean", {}, True),
        ("2020-01-31", "date", {}, "2020-01-31"),
        (["2", 1], "list", {"item": "integer"}, [2, 1]),
        (["b", "a", "B"], "set", {"item": "category"}, ["B", "a"]),
        ([2, 1, 2.0], "set", {}, [1, 2]),
        ({"a": "1,000"}, "mapping", {"item": "number"}, {"a": 1000.0}),
        ({"a": {"x": "3"}}, "table", {"item": "integer"}, {"a": {"x": 3}}),
        ({"mean": "1.5"}, "record", {"parts": (("mean", "number"),)}, {"mean": 1.5}),
        ({"mean": 1.5, "top": "x"}, "record", {}, {"mean": 1.5, "top": "x"}),
    ],
)  # fmt: skip
def test_the_form_of_the_type(written: Any, kind: AnswerType, spec: dict[str, Any], expected: Any) -> None:
    result = fit(written, kind, AnswerSpec(**spec))
    assert (result, type(result)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("written", "kind", "spec", "message"),
    [
        ("12.5 km", "number", {}, "'12.5 km' is no number"),
        (12.5, "integer", {}, "12.5 is no integer"),
        (1, "boolean", {}, "1 is no boolean"),
        ("31.1.2020", "date", {}, "'31.1.2020' is no date"),
        ("nan", "number", {}, "a value is missing"),
        ("a, b", "list", {}, r"'a, b' is no list; write it as JSON: \["),
        ([[1]], "list", {}, r"\[1\] is no text, number or boolean"),
        (["a", None], "set", {}, "a value is missing"),
        ([1], "mapping", {}, r'\[1\] is no mapping; write it as JSON: {"name": 1}'),
        ({"a": 1}, "table", {}, "1 is no row"),
        ({"a": 1}, "record", {"parts": (("b", "integer"),)}, "the record has the parts a, but b are declared"),
    ],
)
def test_what_does_not_fit_is_refused(written: Any, kind: AnswerType, spec: dict[str, Any], message: str) -> None:
    with pytest.raises(Misfit, match=message):
        fit(written, kind, AnswerSpec(**spec))


scalars = st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4) | st.just("2020-01-01")
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


@given(documents, st.sampled_from(get_args(AnswerType)), st.none() | st.sampled_from(["number", "category", "date"]))
def test_what_fits_equals_what_was_written(written: Any, kind: AnswerType, item: AnswerType | None) -> None:
    spec = AnswerSpec(item=item)
    try:
        result = fit(written, kind, spec)
    except Misfit:
        return
    assert match(written, result, kind, spec, VerdictsConfig())
    assert fit(result, kind, spec) == result
