"""Equal and unequal answers; the relation is reflexive and symmetric."""

import json
import math
import os
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.matching.match import match
from tabletutor.records.question import AnswerSpec, AnswerType

CONFIG = VerdictsConfig()
TYPES: tuple[AnswerType, ...] = get_args(AnswerType)


def same(gold: Any, candidate: Any, answer_type: AnswerType, **spec: Any) -> bool:
    return match(gold, candidate, answer_type, AnswerSpec(**spec), CONFIG)


MEAN_TOP = (("mean", "number"), ("top", "category"))
EQUAL = [
    (12, 12.0, "integer", {}),
    (1234, "1,234", "integer", {}),
    (-3, "\u22123", "integer", {}),
    (10**30, str(10**30), "integer", {}),
    (1 / 3, 0.3333333, "number", {}),
    (12.5, " 12.5 ", "number", {}),
    (0.0, 1e-17, "number", {}),
    (0.0, -0.0, "number", {}),
    (1e-17, 0.0, "number", {}),
    (0.0, 1e-12, "number", {}),
    (-1 / 3, -0.3333333, "number", {}),
    (math.inf, float("inf"), "number", {}),
    (1.2345, "1,2345", "number", {}),
    (0.123, "0,123", "number", {}),
    (148765, "1,48,765", "integer", {}),
    (-5.5, "5.50-", "number", {}),
    (-8, "(8%)", "percentage", {}),
    (2.345678, 2.35, "number", {"decimals": 2}),
    (0.0, 0.5000000005005001, "number", {"decimals": 0}),  # exactly at the bound
    (0.0, 0.005000000002, "number", {"decimals": 2}),  # at the bound, within rounding error
    (1e9, 1e9 + 0.0055, "number", {"decimals": 2}),  # within rounding error of large numbers
    (0.125, 0.12, "number", {"decimals": 2}),
    (1e9 / 7, round(1e9 / 7, 2), "number", {"decimals": 2}),
    (45.3, "45.3%", "percentage", {}),
    (45.3, "45.3 %", "percentage", {}),
    ("Norway", " norway", "category", {}),
    ("Straße", "STRASSE", "category", {}),
    ("caf\u00e9", "cafe\u0301", "category", {}),
    ("New\u00a0 York", "new york", "category", {}),
    ("2007", 2007.0, "category", {}),
    (True, "yes", "boolean", {}),
    (False, "FALSE", "boolean", {}),
    (True, "True", "boolean", {}),
    (False, "no", "boolean", {}),
    (True, "TRUE", "category", {}),
    (False, "false", "category", {}),
    ("2020-01-01", "2020-01-01T00:00:00", "date", {}),
    ("0700-01-02", "700-01-02", "date", {}),  # as strftime writes it on Linux
    ("2020-01-01", "2020-01-01 00:00:00+00:00", "date", {}),
    ("2020-01-01T02:00:00+02:00", "2020-01-01T00:00:00Z", "date", {}),
    ([1.0, 2], [1, 2.0], "list", {"item": "number"}),
    (["b", "a"], ["A", "B"], "set", {"item": "category"}),
    (["a", "b"], ["b", "a", "b"], "set", {"item": "category"}),
    ([1 / 3, 2.0], [2, 0.3333333], "set", {"item": "number"}),
    (
        [1, "A", 1 / 3],
        [1.0, "a", 0.3333333],
        "list",
        {},
    ),  # undeclared members have the type of their value
    (None, math.nan, "list", {}),
    (math.nan, None, "mapping", {}),
    ([1e-13, 1e-14], [0.0, 1e-14], "set", {"item": "number"}),
    (list(range(300)), list(range(300)), "list", {"item": "integer"}),
    ({f"K{i}": i for i in range(300)}, {f"k{i}": i for i in range(300)}, "mapping", {"item": "integer"}),
    ({"2007": 1.5}, {"2007.0": 1.5}, "mapping", {"item": "number"}),
    ({"2007": 1.5}, {2007.0: 1.5}, "mapping", {"item": "number"}),
    ({"2020-01-01": 4}, {"2020-01-01 00:00:00": 4}, "mapping", {"item": "integer"}),
    ({"a": 1, "b": None}, {"B": math.nan, "A": 1}, "mapping", {"item": "number"}),
    ({"x": 1.234}, {"x": 1.2}, "mapping", {"item": "number", "decimals": 1}),
    (math.nan, None, "number", {}),
    (
        {"mean": 1 / 3, "n": 12},
        {"N": 12.0, " Mean": 0.3333333},
        "record",
        {"parts": (("mean", "number"), ("n", "integer"))},
    ),
    ({"mean": 1.234, "top": "Oslo"}, {"mean": "1.2", "top": "OSLO"}, "record", {"parts": MEAN_TOP, "decimals": 1}),
    (10.0, 10.5, "number", {"tolerance": 0.5}),  # the bound is included
    (0.3, 0.4, "number", {"tolerance": 0.1}),  # at the bound, within rounding error
    (1e6, 1e6 + 0.9, "number", {"tolerance": 0.1}),  # the relative tolerance stays
    (2.345678, 2.35, "number", {"decimals": 2, "tolerance": 0.001}),  # and so do the decimals
    (2.34, 2.44, "percentage", {"decimals": 2, "tolerance": 0.1}),
    (0.0, 0.2, "number", {"tolerance": 0.2}),
    ([1.0, 5.0], [5.1, 0.9, 1.0], "set", {"item": "number", "tolerance": 0.1}),
    ({"mean": None, "top": "x"}, {"mean": math.nan, "top": "x"}, "record", {"parts": MEAN_TOP}),
    ({"tops": ["b", "a"]}, {"tops": ["a", "b"]}, "record", {"parts": (("tops", "set"),), "item": "category"}),
    ({"a": 1, "A": "b"}, {"A": "B", "a": 1.0}, "record", {"parts": (("a", "number"), ("A", "category"))}),
    ({"other": 1}, {"other": 1.0}, "record", {"parts": MEAN_TOP}),  # a part that is not declared: by its JSON type
    ({"Oslo": {"2020": 1.5}}, {"oslo": {"2020.0": 1.5000001}}, "table", {"item": "number"}),
    (
        {"a": {"x": 1}, "b": {"y": 2}},
        {"b": {"y": 2, "x": None}, "a": {"y": None, "x": 1}},
        "table",
        {"item": "integer"},
    ),
    ({"a": {"x": 1}}, {"a": {"x": 1}, "b": {"x": math.nan}}, "table", {"item": "integer"}),  # a row without cells
    ({"a": {"x": 1.26}}, {"a": {"x": 1.3}}, "table", {"item": "percentage", "decimals": 1}),
]

DIFFERENT = [
    (12, 12.5, "integer", {}),
    (1, True, "integer", {}),
    (1.0, True, "number", {}),
    (0.31, 0.39, "number", {}),
    (0.8, -0.8, "number", {}),
    (1.0, 1.0001, "number", {}),
    (12.5, "12.5 km", "number", {}),
    (12.5, "$12.5", "number", {}),
    (12.5, "12.5%", "number", {}),
    (1234, "12,34", "number", {}),
    (12345, "1,2345", "integer", {}),
    (123, "0,123", "number", {}),
    (1.234, "1,234", "number", {}),
    (7, "007", "integer", {}),
    (math.inf, "1e400", "number", {}),
    (0.0, "1e-400", "number", {}),
    (0.0, 1.1e-12, "number", {}),
    (0.0, 0.00500000001, "number", {"decimals": 2}),
    (0.0, 0.0075, "number", {"decimals": 2}),
    (0.0, 0.000055, "number", {"decimals": 4}),
    (1e9, 1e9 + 0.0065, "number", {"decimals": 2}),
    (2.345678, 2.36, "number", {"decimals": 2}),
    (2.345678, 2.3, "number", {"decimals": 2}),
    (0.453, 45.3, "percentage", {}),
    (45.3, 0.453, "percentage", {}),
    (math.nan, 0, "number", {}),
    (10.0, 10.6, "number", {"tolerance": 0.5}),
    (0.0, 0.21, "number", {"tolerance": 0.2}),
    (math.inf, 1.0, "number", {"tolerance": 1e300}),
    (12, 13, "integer", {"tolerance": 2}),  # integers stay exact
    ([1.0, 5.0], [1.0, 5.2], "set", {"item": "number", "tolerance": 0.1}),
    (math.inf, -math.inf, "number", {}),
    (math.inf, 1e308, "number", {"decimals": 2}),
    ("Norway", "no", "category", {}),
    ("no", "Norway", "category", {}),
    ("x > 5", "x < 5", "category", {}),
    ("a.b", "ab", "category", {}),
    ("007", "7", "category", {}),
    ("1.10", "1.1", "category", {}),
    ("Hautamäki", "Hautamaki", "category", {}),
    ("", None, "category", {}),
    ("a", ["a"], "category", {}),
    (True, 1, "boolean", {}),
    (True, "Yes, it is", "boolean", {}),
    ("2020-01-01", "2020-01-01T00:00:01", "date", {}),
    ("2019-01-03", "19-01-03", "date", {}),
    ("0700-01-02", "7000-01-02", "date", {}),
    ("2020-01-02", "2020-01-02T00:00:00+01:00", "date", {}),
    ("2020-01-01", 1577836800, "date", {}),
    ([1, 2], [2, 1], "list", {"item": "integer"}),
    ([1], [1, 1], "list", {"item": "integer"}),
    ([1], 1, "list", {"item": "integer"}),
    (["a"], "a", "set", {"item": "category"}),
    (["a", "b"], ["a"], "set", {"item": "category"}),
    (["a"], ["a", "b"], "set", {"item": "category"}),
    ([1.0], [1.0, 2.0], "set", {"item": "number"}),
    ({"a": 1}, {"a": 2}, "mapping", {"item": "integer"}),
    ({"a": 1}, {"a": 1, "b": 1}, "mapping", {"item": "integer"}),
    ({"a": 1, "b": 1}, {"a": 1}, "mapping", {"item": "integer"}),
    ({"a": 1, "A": 2}, {"a": 9, "A": 2}, "mapping", {"item": "integer"}),
    ({"a": 1}, [["a", 1]], "mapping", {"item": "integer"}),
    ({"a": 1, "A": 2}, {"a": 2, "A": 1}, "mapping", {"item": "integer"}),
    ([True], [1], "list", {}),
    ({"mean": 1.5, "top": "Oslo"}, [1.5, "Oslo"], "record", {"parts": MEAN_TOP}),  # names are asked for
    ({"mean": 1.5, "top": "Oslo"}, {"mean": 1.5}, "record", {"parts": MEAN_TOP}),
    ({"mean": 1.5, "top": "Oslo"}, {"mean": 1.5, "top": "Oslo", "n": 3}, "record", {"parts": MEAN_TOP}),
    ({"mean": 1.5, "top": None}, {"mean": 1.5}, "record", {"parts": MEAN_TOP}),
    ({"mean": 1.5, "top": "Oslo"}, {"mean": 1.5, "top": "Rome"}, "record", {"parts": MEAN_TOP}),
    ({"mean": 1.5, "top": "Oslo"}, {"avg": 1.5, "top": "Oslo"}, "record", {"parts": MEAN_TOP}),
    ({"n": 1}, {"n": True}, "record", {"parts": (("n", "integer"),)}),
    ({"n": 12}, {"n": 12.4}, "record", {"parts": (("n", "integer"),), "decimals": 0}),  # integers stay exact
    ({"mean": 1.5}, 1.5, "record", {"parts": (("mean", "number"),)}),
    ({"a": {"x": 1}}, {"a": {"x": 2}}, "table", {"item": "integer"}),
    ({"a": {"x": 1}}, {"a": {"x": 1, "y": 0}}, "table", {"item": "integer"}),  # 0 is not absent
    ({"a": {"x": 1}}, {"a": {"x": 1}, "b": {"x": 1}}, "table", {"item": "integer"}),
    ({"a": {"x": 1, "y": 2}}, {"x": {"a": 1}, "y": {"a": 2}}, "table", {"item": "integer"}),  # rows and columns swapped
    ({"a": {"x": 1}}, [{"index": "a", "x": 1}], "table", {"item": "integer"}),
    ({"a": {"x": 1}}, {"a": 1}, "table", {"item": "integer"}),
    ({"a": {"x": 1}}, {"a": {"x": "one"}}, "table", {"item": "integer"}),
    ({"a": {"x": 1}}, None, "table", {"item": "integer"}),
]


@pytest.mark.parametrize(("gold", "candidate", "answer_type", "spec"), EQUAL)
def test_answers_that_are_equal(gold: Any, candidate: Any, answer_type: AnswerType, spec: dict[str, Any]) -> None:
    assert same(gold, candidate, answer_type, **spec)


@pytest.mark.parametrize(("gold", "candidate", "answer_type", "spec"), DIFFERENT)
def test_answers_that_differ(gold: Any, candidate: Any, answer_type: AnswerType, spec: dict[str, Any]) -> None:
    assert not same(gold, candidate, answer_type, **spec)


def test_the_relative_tolerance_is_configured() -> None:
    spec = AnswerSpec()
    assert match(100.0, 100.5, "number", spec, VerdictsConfig(relative_tolerance=0.009))
    assert not match(100.0, 100.0 + 1e-9, "number", spec, VerdictsConfig(relative_tolerance=0))
    assert match(127.0, 128.0, "number", spec, VerdictsConfig(relative_tolerance=2**-7))  # the bound is included


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([10**400, 0, 1, 2007, 2007.0, "2007", "2007.0", "1e400", "9" * 5000, "nan", "yes", "a", "A"])
    | st.sampled_from(["2020-01-01", "0001-01-01T00:00+23:00", "9999-12-31T23:59-23:00", "12%", "\u0130", "\ud800"])
    | st.text(max_size=6)
)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
)
types = st.sampled_from(TYPES)
parts = st.lists(st.tuples(st.text(max_size=3), types.filter(lambda kind: kind != "record")), max_size=4).map(tuple)
specs = st.builds(
    AnswerSpec,
    decimals=st.none() | st.integers(-2, 12),
    item=st.none() | st.sampled_from(TYPES),
    unit=st.none(),
    parts=parts,
    tolerance=st.none() | st.floats(0, 1e9),
)


@given(documents, types, specs)
def test_every_document_equals_itself(document: Any, answer_type: AnswerType, spec: AnswerSpec) -> None:
    assert match(document, document, answer_type, spec, CONFIG)


@given(documents, documents, types, specs)
def test_the_relation_is_symmetric(first: Any, second: Any, answer_type: AnswerType, spec: AnswerSpec) -> None:
    assert match(first, second, answer_type, spec, CONFIG) == match(second, first, answer_type, spec, CONFIG)


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 6))
def test_rounding_to_the_declared_decimals_is_equal(value: float, decimals: int) -> None:
    assert same(value, round(value, decimals), "number", decimals=decimals)


numbers = st.floats(-1e9, 1e9)


@given(numbers, numbers, st.floats(0, 1e6), st.none() | st.integers(0, 6))
def test_a_tolerance_adds_equal_numbers_and_takes_none(
    first: float, second: float, tolerance: float, decimals: int | None
) -> None:
    without = same(first, second, "number", decimals=decimals)
    equal = same(first, second, "number", decimals=decimals, tolerance=tolerance)
    assert equal == same(second, first, "number", decimals=decimals, tolerance=tolerance)
    assert equal or not without
    if not without and abs(abs(first - second) - tolerance) > 1e-6 * (1 + tolerance):
        assert equal == (abs(first - second) < tolerance)


@given(st.floats(0.01, 1e12), types.filter(lambda kind: kind in ("number", "percentage")))
def test_the_sign_matters(value: float, answer_type: AnswerType) -> None:
    assert not same(value, -value, answer_type)


@given(st.lists(scalars, max_size=6), st.randoms(use_true_random=False), st.sampled_from([None, *TYPES]))
def test_a_set_has_no_order(members: list[Any], source: Any, item: AnswerType | None) -> None:
    shuffled = list(members)
    source.shuffle(shuffled)
    assert same(members, shuffled, "set", item=item)


mappings = st.dictionaries(st.text(max_size=3), scalars, min_size=1, max_size=5)


@given(
    st.dictionaries(st.text(max_size=3), scalars | mappings, max_size=5),
    st.randoms(use_true_random=False),
    types,
    specs,
)
def test_keys_have_no_order(answer: dict[str, Any], source: Any, answer_type: AnswerType, spec: AnswerSpec) -> None:
    def shuffle(entries: dict[str, Any]) -> dict[str, Any]:
        pairs = [(key, shuffle(value) if isinstance(value, dict) else value) for key, value in entries.items()]  # pyright: ignore[reportUnknownArgumentType]
        source.shuffle(pairs)
        return dict(pairs)

    assert match(answer, shuffle(answer), answer_type, spec, CONFIG)


@given(st.dictionaries(st.text("abc", min_size=1), st.integers(), min_size=1, max_size=5), st.data())
def test_a_part_more_or_less_is_wrong(answer: dict[str, int], data: Any) -> None:
    left_out = data.draw(st.sampled_from(sorted(answer)))
    fewer = {name: value for name, value in answer.items() if name != left_out}
    for spec in (AnswerSpec(parts=tuple((name, "integer") for name in answer)), AnswerSpec()):
        assert not match(answer, fewer, "record", spec, CONFIG)
        assert not match(fewer, answer, "record", spec, CONFIG)
    table, cells = ({name: {"x": each} for name, each in side.items()} for side in (answer, fewer))
    assert not match(table, cells, "table", AnswerSpec(item="integer"), CONFIG)
    assert not match({"row": answer}, {"row": fewer}, "table", AnswerSpec(item="integer"), CONFIG)


def test_deep_nesting_neither_raises_nor_matches_another_depth() -> None:
    def nested(depth: int) -> Any:
        document: Any = 1
        for _ in range(depth):
            document = [document]
        return document

    for answer_type in TYPES:
        assert same(nested(20_000), nested(20_000), answer_type)
        assert not same(nested(20_000), nested(20_001), answer_type)


def test_an_integer_too_long_for_python_to_print_is_compared_all_the_same() -> None:
    for answer_type in TYPES:
        assert same(10**5000, 10**5000, answer_type)
        assert not same(10**5000, 10**5000 + 1, answer_type)


# ── Public benchmarks' own scorers: the matcher differs from them in explained classes only ─────────────────────────
SHARED = Path(os.environ.get("TABLETUTOR_SHARED", Path(__file__).parents[3] / "shared"))
CASES = SHARED / "matcher" / "cases.jsonl"
EXPLAINED = {  # (benchmark, mutation, the scorer's verdict): docs/verdicts.md, "Against other scorers", says why
    ("dabench", "upper", False),
    ("dabench", "pad", False),
    ("dabench", "commas", False),
    ("dabench", "unicode_minus", False),
    ("dabench", "abs0.004", False),
    ("dabench", "plus1", False),
    ("dabench", "rel1e-7", False),
    ("dabench", "rel1e-7", True),
    ("dabench", "rel1e-4", True),
    ("wikitq", "commas", False),
    ("wikitq", "rel1e-7", False),
    ("wikitq", "rel1e-7", True),
    ("wikitq", "period", True),
    ("wikitq", "quoted", True),
    ("wikitq", "no_diacritics", True),
}


def _declared(case: dict[str, Any]) -> tuple[AnswerType, AnswerSpec]:
    """Return the type that a question would declare for this gold answer, by the way it is written."""

    def kind(text: str) -> AnswerType:
        try:
            plain = text.replace(",", "")
            if plain.lstrip("-").isdecimal():
                return "integer"
            float(plain)
            return "number"
        except ValueError:
            return "category"

    kinds = {kind(text) for text in case["gold"]}
    item: AnswerType = kinds.pop() if len(kinds) == 1 else "category"
    return (
        ("set", AnswerSpec(item=item)) if case["bench"] == "wikitq" or len(case["gold"]) > 1 else (item, AnswerSpec())
    )


@pytest.mark.parametrize(
    ("kind", "spec"), [("numbr", {}), ("list", {"item": "numbr"}), ("record", {"parts": (("mean", "numbr"),)})]
)
def test_a_type_that_there_is_not_is_an_error_and_not_a_wrong_answer(kind: Any, spec: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no answer type 'numbr'; did you mean number"):
        match(1, 1, kind, AnswerSpec(**spec), VerdictsConfig())


def test_a_record_inside_a_record_is_an_error() -> None:
    with pytest.raises(ValueError, match="part 'inner' is a record"):
        match({}, {}, "record", AnswerSpec(parts=(("inner", "record"),)), CONFIG)


@pytest.mark.skipif(not CASES.exists(), reason=f"the shared matcher cases are not at {CASES}")
def test_every_disagreement_with_public_scorers_is_of_an_explained_class() -> None:
    unexplained: Counter[tuple[str, str, bool]] = Counter()
    agreed = total = 0
    for line in CASES.read_text("utf-8").splitlines():
        case = json.loads(line)
        answer_type, spec = _declared(case)
        whole = answer_type == "set"
        gold, candidate = (case[side] if whole else case[side][0] for side in ("gold", "candidate"))
        ours = match(gold, candidate, answer_type, spec, CONFIG)
        total += 1
        agreed += ours == case["official"]
        key = (case["bench"], case["mutation"], case["official"])
        if ours != case["official"] and key not in EXPLAINED:
            unexplained[key] += 1
    assert total > 20_000
    assert not unexplained, f"agreed on {agreed} of {total}; unexplained: {dict(unexplained)}"
