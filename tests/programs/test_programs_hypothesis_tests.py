"""Hypothesis tests give the published values on all three engines, and refuse data that cannot be tested."""

import math
from collections.abc import Mapping
from pathlib import Path
from statistics import NormalDist
from typing import Any, get_args

import polars as pl
import pyarrow as pa
import pytest
from scipy import stats

from tabletutor.programs import grammar as g
from tabletutor.programs.polars_engine import run
from tabletutor.programs.typecheck import IllTypedError, answer_kind
from tabletutor.sandbox.guest.frame import read_frame
from tests.programs.test_programs_engines import engines, outcome, submitted

# "Student" (1908): hours of sleep gained with two drugs; and a third group that no test of two groups may see.
SLEEP = {
    "a": [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0],
    "b": [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
    "c": [9.0],
}
# Ages at the diagnosis of diabetes, and lengths of mussel shells at five places: examples of SciPy's documentation.
AGES = {"m": [19, 22, 16, 29, 24], "f": [20, 11, 17, 12]}
SHELLS = {
    "Tillamook": [0.0571, 0.0813, 0.0831, 0.0976, 0.0817, 0.0859, 0.0735, 0.0659, 0.0923, 0.0836],
    "Newport": [0.0873, 0.0662, 0.0672, 0.0819, 0.0749, 0.0649, 0.0835, 0.0725],
    "Petersburg": [0.0974, 0.1352, 0.0817, 0.1016, 0.0968, 0.1064, 0.105],
    "Magadan": [0.1033, 0.0915, 0.0781, 0.0685, 0.0677, 0.0697, 0.0764, 0.0689],
    "Tvarminne": [0.0703, 0.1026, 0.0956, 0.0973, 0.1039, 0.1045],
}
# Weights of eleven men, the example of Shapiro and Wilk (1965).
WEIGHTS = {"x": [148, 154, 158, 160, 161, 162, 166, 170, 182, 195, 236]}
COUNTS = {"one": ["p"] * 10 + ["q"] * 10 + ["r"] * 20, "two": ["p"] * 20 + ["q"] * 20 + ["r"] * 20}


def long_table(groups: Mapping[str, list[Any]]) -> pa.Table:
    """Return the columns `by` and `x`, with a row without a value and, beside other groups, one without a group."""
    names = [name for name, values in groups.items() for _ in values]
    values = [value for group in groups.values() for value in group]
    if len(groups) > 1:
        names, values = [*names, None], [*values, values[0]]
    return pa.table({"by": pa.array([*names, names[0]]), "x": pa.array([*values, None])})


def of_three(folder: Path, table: pa.Table, program: g.Program) -> list[Any]:
    """Return what Polars, DuckDB and pandas answer."""
    return [
        *(outcome(engine, program) for engine in engines(folder, table).values()),
        submitted(program, read_frame(folder / "table.parquet")),
    ]


AB, MF = ("a", "b"), ("m", "f")
PUBLISHED = [
    (SLEEP, g.HypothesisTest("welch_t", "x", "statistic", "by", AB), -1.860813467486853),
    (SLEEP, g.HypothesisTest("welch_t", "x", "p", "by", AB), 0.07939414018735),
    (SLEEP, g.HypothesisTest("welch_t", "x", "statistic", "by", ("b", "a")), 1.860813467486853),
    (SLEEP, g.HypothesisTest("student_t", "x", "statistic", "by", AB), -1.860813467486853),
    (SLEEP, g.HypothesisTest("student_t", "x", "p", "by", AB), 0.07918671421593),
    (SLEEP, g.HypothesisTest("student_t", "x", "decision", "by", AB), False),
    (SLEEP, g.HypothesisTest("student_t", "x", "decision", "by", AB, level=0.1), True),
    (AGES, g.HypothesisTest("mann_whitney", "x", "statistic", "by", MF), 17.0),
    (AGES, g.HypothesisTest("mann_whitney", "x", "p", "by", MF), 0.11134688653314041),
    (SHELLS, g.HypothesisTest("anova", "x", "statistic", "by"), 7.121019471642447),
    (SHELLS, g.HypothesisTest("anova", "x", "p", "by"), 0.0002812242314534544),
    (SHELLS, g.HypothesisTest("anova", "x", "decision", "by"), True),
    (COUNTS, g.HypothesisTest("chi_square", "x", "statistic", "by"), 25 / 9),
    (COUNTS, g.HypothesisTest("chi_square", "x", "p", "by"), math.exp(-25 / 18)),  # two degrees of freedom
    (WEIGHTS, g.HypothesisTest("shapiro", "x", "statistic"), 0.7888146948),
    (WEIGHTS, g.HypothesisTest("shapiro", "x", "p"), 0.0067038140),
]


@pytest.mark.parametrize(("groups", "step", "expected"), PUBLISHED)
def test_published_values(
    tmp_path: Path, groups: Mapping[str, list[Any]], step: g.HypothesisTest, expected: Any
) -> None:
    for answer in of_three(tmp_path, long_table(groups), g.Program((step,))):
        assert type(answer) is type(expected)
        assert answer == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("n", [3, 4, 5, 6, 11, 12, 40, 1000])
def test_shapiro_wilk_equals_scipys_for_each_branch_of_the_algorithm(tmp_path: Path, n: int) -> None:
    values = [NormalDist(50, 9).inv_cdf((i + 0.7) / (n + 1)) + (7 * i * i) % 11 for i in range(n)]
    expected = stats.shapiro(values)
    for part, value in (("statistic", expected.statistic), ("p", expected.pvalue)):
        answers = of_three(tmp_path, long_table({"a": values}), g.Program((g.HypothesisTest("shapiro", "x", part),)))
        assert answers == pytest.approx([value] * 3, rel=1e-9)


CONSTANT = {"a": [2.0, 2.0], "b": [3.0, 3.0, 3.0]}
REFUSED = [
    ({"a": [1.0], "b": [2.0, 3.0]}, "welch_t student_t mann_whitney anova"),
    ({"a": [1.0, 2.0]}, "welch_t mann_whitney anova"),
    (CONSTANT, "welch_t student_t anova"),
    ({"a": [2.0, 2.0], "b": [2.0, 2.0]}, "mann_whitney chi_square shapiro"),
    ({"a": [1.0, 1.0]}, "shapiro chi_square"),
    ({"a": [1.0, 4.0]}, "shapiro"),
    ({"a": list(map(float, range(5001)))}, "shapiro"),
]


@pytest.mark.parametrize(("groups", "kinds"), REFUSED)
def test_data_that_cannot_be_tested_has_no_answer(tmp_path: Path, groups: dict[str, list[float]], kinds: str) -> None:
    if "chi_square" in kinds:
        table = long_table({name: [str(value) for value in values] for name, values in groups.items()})
        check_refusals(tmp_path, table, ["chi_square"], "no_answer")
    check_refusals(tmp_path, long_table(groups), [kind for kind in kinds.split() if kind != "chi_square"], "no_answer")


def check_refusals(folder: Path, table: pa.Table, kinds: list[Any], reason: str) -> None:
    for kind in kinds:
        values = AB if kind in ("welch_t", "student_t", "mann_whitney") else ()
        step = g.HypothesisTest(kind, "x", "statistic", None if kind == "shapiro" else "by", values)
        for engine in engines(folder, table).values():
            assert outcome(engine, g.Program((step,))).reason == reason


@pytest.mark.filterwarnings("ignore:Precision loss")  # SciPy, for the constant group
def test_a_constant_group_beside_one_that_varies_is_tested(tmp_path: Path) -> None:
    table = long_table({"a": [1.0, 1.0], "b": [1.0, 2.0, 3.0]})
    step = g.HypothesisTest("welch_t", "x", "statistic", "by", AB)
    assert of_three(tmp_path, table, g.Program((step,))) == pytest.approx([-math.sqrt(3)] * 3)


def test_a_tiny_p_has_no_answer_but_a_decision(tmp_path: Path) -> None:
    table = long_table({"a": [i / 100 for i in range(100)], "b": [5 + i / 100 for i in range(100)]})
    for engine in engines(tmp_path, table).values():
        p, decision = (g.HypothesisTest("welch_t", "x", part, "by", AB) for part in ("p", "decision"))
        assert outcome(engine, g.Program((p,))).reason == "no_answer"
        assert engine(g.Program((decision,))) is True


def test_a_p_at_the_level_is_a_tie(tmp_path: Path) -> None:
    both = engines(tmp_path, long_table(SLEEP))
    level = both["polars"](g.Program((g.HypothesisTest("welch_t", "x", "p", "by", AB),)))
    for engine in both.values():
        step = g.HypothesisTest("welch_t", "x", "decision", "by", AB, level=level * (1 + 1e-12))
        assert outcome(engine, g.Program((step,))).reason == "tie"


def test_other_readings_have_one_tail_or_a_correction() -> None:
    groups = {"a": ["p"] * 8 + ["q"] * 2, "b": ["p"] * 3 + ["q"] * 9}
    counts = pl.DataFrame(pl.from_arrow(long_table(groups)))
    corrected = g.HypothesisTest("chi_square", "x", "p", "by", yates=True)
    expected = stats.chi2_contingency([[8, 2], [3, 9]]).pvalue  # SciPy corrects by default
    assert run(g.Program((corrected,)), counts) == pytest.approx(expected)
    one_sided = g.HypothesisTest("student_t", "x", "p", "by", AB, tails=1)
    assert run(g.Program((one_sided,)), pl.DataFrame(pl.from_arrow(long_table(SLEEP)))) == pytest.approx(
        0.079186714 / 2
    )


@pytest.mark.parametrize(
    "step",
    [
        g.HypothesisTest("welch_t", "x", "p", "by"),
        g.HypothesisTest("welch_t", "x", "p", "by", ("a",)),
        g.HypothesisTest("welch_t", "x", "p", "by", ("a", "a")),
        g.HypothesisTest("welch_t", "x", "p", None, AB),
        g.HypothesisTest("welch_t", "by", "p", "by", AB),
        g.HypothesisTest("welch_t", "x", "p", "n", AB),
        g.HypothesisTest("anova", "x", "p", "by", AB),
        g.HypothesisTest("anova", "x", "p", "x"),
        g.HypothesisTest("anova", "n", "p", "n"),
        g.HypothesisTest("chi_square", "x", "p", "by"),
        g.HypothesisTest("shapiro", "x", "p", "by"),
        g.HypothesisTest("shapiro", "x", "decision", level=1.0),
    ],
)
def test_a_test_that_does_not_fit_is_refused(step: g.HypothesisTest) -> None:
    with pytest.raises(IllTypedError):
        answer_kind(g.Program((step,)), {"x": "number", "n": "integer", "by": "text"})


def test_a_decision_is_a_boolean_and_the_other_parts_are_numbers() -> None:
    parts = get_args(g.HypothesisTest.__annotations__["part"])
    kinds = [answer_kind(g.Program((g.HypothesisTest("shapiro", "x", part),)), {"x": "integer"}) for part in parts]
    assert dict(zip(parts, kinds, strict=True)) == {"statistic": "number", "p": "number", "decision": "boolean"}
