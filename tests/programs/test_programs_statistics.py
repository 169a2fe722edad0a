"""Moments, quantiles, correlation and regression: values worked out by hand, and agreement of the three engines."""

import ast
import math
import warnings
from pathlib import Path
from typing import Any, get_args

import hypothesis.strategies as st
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings

from tabletutor.programs import grammar as g
from tabletutor.programs.describe import describe
from tabletutor.programs.pandas_source import source
from tabletutor.programs.typecheck import IllTypedError, answer_kind
from tabletutor.sandbox.guest.frame import read_frame
from tests.programs.test_programs_engines import Engine, agree, engines, matches, outcome, submitted

TABLE = pa.table(
    {
        "k": ["a", "a", "a", "b", "b", "b", "b", "c", None],
        "n": pa.array([1, 2, 5, 3, 3, 3, None, 7, 9], pa.int64()),
        "x": pa.array([1.0, 2.0, 3.0, 4.0, None, 5.0, 6.0, 7.0, 8.0]),
        "y": pa.array([2.0, 1.0, 4.0, 3.0, 9.0, None, 10.0, 11.0, 12.0]),
        "z": pa.array([5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, None]),
    }
)
A, B = g.Where("k", "==", "a"), g.Where("k", "==", "b")
ANSWERS: list[tuple[tuple[g.Step, ...], Any]] = [
    ((A, g.Aggregate("n", "var")), 13 / 3),  # deviations -5/3, -2/3, 7/3
    ((A, g.Aggregate("n", "population_var")), 26 / 9),
    ((A, g.Aggregate("n", "population_std")), math.sqrt(26) / 3),
    ((A, g.Aggregate("n", "skew")), math.sqrt(6) * (70 / 27) / (26 / 9) ** 1.5),
    ((A, g.Aggregate("x", "skew")), 0.0),
    ((g.Where("x", "<=", 4), g.Aggregate("x", "kurt")), -1.2),
    ((g.Where("k", "==", "c"), g.Aggregate("n", "population_std")), 0.0),
    ((g.Group("k", "var", "n"), g.GroupMapping()), {"a": 13 / 3, "b": 0.0}),
    ((g.Group("k", "skew", "n"), g.GroupMapping()), {"a": math.sqrt(6) * (70 / 27) / (26 / 9) ** 1.5}),
    ((g.Group("k", "population_var", "n"), g.GroupMapping()), {"a": 26 / 9, "b": 0.0, "c": 0.0}),
    ((g.Quantile("n", 0.5, "lower"),), 3),  # 1 2 3 3 3 5 7 9: position 3.5
    ((g.Quantile("n", 0.5, "higher"),), 3),
    ((g.Quantile("n", 0.7, "lower"),), 3),  # position 4.9
    ((g.Quantile("n", 0.7, "higher"),), 5),
    ((g.Quantile("n", 0.7, "nearest"),), 5),
    ((g.Quantile("x", 0.5, "nearest"),), 5.0),  # position 3.5: the even neighbour is 4
    ((g.Where("x", ">", 1), g.Quantile("x", 0.75, "nearest")), 6.0),  # position 4.5: the even neighbour is 4
    ((g.InterquartileRange("x"),), 3.5),
    ((A, g.Correlation("n", "y", "spearman")), 0.5),
    ((B, g.Correlation("x", "y", "spearman")), 1.0),
    # Seven rows have both: the ranks of n are 1 2 5 3.5 3.5 6 7, those of y 2 1 4 3 5 6 7.
    ((g.Correlation("n", "y", "spearman"),), 25 / math.sqrt(27.5 * 28)),
    ((g.StrongestPair(("n", "y", "x")),), ["x", "y"]),
    ((g.StrongestPair(("y", "z", "n", "x"), "spearman"),), ["x", "y"]),
    ((A, g.WeightedMean("x", "n")), 2.5),
    ((g.WeightedMean("x", "z"),), 28 / 7),
    ((A, g.Regression("x", "n", "slope")), 2.0),
    ((A, g.Regression("x", "n", "intercept")), -4 / 3),
    ((A, g.Regression("x", "n", "r2")), 12 / 13),
    ((g.Regression("x", "z", "slope"),), 0.0),
]
REFUSALS: list[tuple[tuple[g.Step, ...], str]] = [
    ((g.Where("k", "==", "c"), g.Aggregate("n", "var")), "no_answer"),
    ((g.Aggregate("z", "skew"),), "no_answer"),
    ((g.Aggregate("z", "kurt"),), "no_answer"),
    ((g.Where("x", "<", 3), g.Aggregate("x", "skew")), "no_answer"),
    ((A, g.Aggregate("x", "kurt")), "no_answer"),
    ((g.Where("n", ">", 99), g.Quantile("n", 0.5, "lower")), "no_answer"),
    ((g.Where("n", ">", 99), g.InterquartileRange("n")), "no_answer"),
    ((g.Correlation("n", "z", "spearman"),), "no_answer"),
    ((g.Where("n", ">", 99), g.StrongestPair(("n", "x", "y"))), "no_answer"),
    ((g.Where("x", "<", 3), g.StrongestPair(("n", "x", "y"))), "tie"),
    ((g.Arithmetic("x", "-", "y", "d"), g.WeightedMean("x", "d")), "no_answer"),
    ((g.Arithmetic("z", "-", "z", "d"), g.WeightedMean("x", "d")), "no_answer"),
    ((g.Where("n", ">", 99), g.WeightedMean("x", "n")), "no_answer"),
    ((g.Where("x", "<", 3), g.Regression("x", "n", "slope")), "no_answer"),
    ((g.Regression("z", "x", "slope"),), "no_answer"),
    ((g.Regression("x", "z", "r2"),), "no_answer"),
]


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Engine]:
    folder = tmp_path_factory.mktemp("statistics")
    both = engines(folder, TABLE)
    frame = read_frame(folder / "table.parquet")
    return {**both, "pandas": lambda program: submitted(program, frame)}


@pytest.mark.parametrize(("steps", "expected"), ANSWERS)
def test_statistics_worked_out_by_hand(three: dict[str, Engine], steps: tuple[g.Step, ...], expected: Any) -> None:
    for name in ("polars", "duckdb"):
        assert agree(three[name](g.Program(steps)), expected), (name, three[name](g.Program(steps)))
    answer = three["pandas"](g.Program(steps))
    if isinstance(expected, dict):  # pandas keeps a group without an answer, as None
        answer = {key: value for key, value in answer.items() if value is not None}
    assert matches(answer, expected), answer


@pytest.mark.parametrize(("steps", "reason"), REFUSALS)
def test_statistics_of_too_little_have_no_answer(
    three: dict[str, Engine], steps: tuple[g.Step, ...], reason: str
) -> None:
    for name in ("polars", "duckdb"):
        assert outcome(three[name], g.Program(steps)).reason == reason, name


def test_moments_do_not_suffer_from_a_large_mean(tmp_path: Path) -> None:
    table = pa.table({"x": [20_000 + value for value in (1.0, 2.0, 5.0, 6.0, 2.5)], "y": [1.0, 2.0, 5.0, 6.0, 2.5]})
    for engine in engines(tmp_path, table).values():
        for aggregation in ("var", "skew", "kurt", "population_std"):
            large, small = (engine(g.Program((g.Aggregate(name, aggregation),))) for name in ("x", "y"))
            assert large == pytest.approx(small, rel=1e-10)
        line = g.Program((g.Regression("x", "y", "slope"),))
        assert engine(line) == pytest.approx(1.0, rel=1e-12)


def test_a_position_is_whole_despite_floating_point(tmp_path: Path) -> None:
    table = pa.table({"n": list(range(101))})  # 100 · 0.55 is 55.00000000000001
    for engine in engines(tmp_path, table).values():
        for interpolation in ("lower", "higher", "nearest"):
            assert engine(g.Program((g.Quantile("n", 0.55, interpolation),))) == 55


@pytest.mark.parametrize(
    "step",
    [
        g.StrongestPair(("x", "y")),
        g.StrongestPair(("x", "y", "x", "y")),
        g.StrongestPair(("x", "y", "k")),
        g.WeightedMean("x", "x"),
        g.WeightedMean("x", "k"),
        g.Regression("y", "y", "slope"),
        g.InterquartileRange("k"),
        g.Aggregate("k", "skew"),
    ],
)
def test_statistics_that_do_not_fit_are_refused(step: g.Step) -> None:
    with pytest.raises(IllTypedError):
        answer_kind(g.Program((step,)), {"x": "number", "y": "number", "k": "text"})


def test_a_quantile_that_is_a_value_has_the_kind_of_its_column() -> None:
    for interpolation in get_args(g.Interpolation):
        kind = answer_kind(g.Program((g.Quantile("n", 0.5, interpolation),)), {"n": "integer"})
        assert kind == ("number" if interpolation == "linear" else "integer")


def test_a_plan_says_which_statistic_is_taken() -> None:
    assert describe(g.Program((g.StrongestPair(("a", "b", "c"), "spearman"),))) == (
        "Correlate all pairs of ['a', 'b', 'c'] by ranks (Spearman) and name the strongest pair."
    )
    assert describe(g.Program((g.HypothesisTest("welch_t", "x", "decision", "by", ("a", "b")),))) == (
        "Run Welch's t-test on 'x' by 'by', 'a' against 'b', and test if p < 0.05."
    )


# --- agreement ---------------------------------------------------------------------------------------------------

TWO = ("a", "b")
STEPS: list[tuple[g.Step, ...]] = [
    *(
        (g.Aggregate(name, how),)
        for name in "nx"
        for how in ("var", "skew", "kurt", "population_std", "population_var")
    ),
    *((g.Quantile("n", q, how),) for q in (0.1, 1 / 3, 0.5, 0.9) for how in ("lower", "higher", "nearest")),
    *((g.InterquartileRange(name),) for name in "nx"),
    *((g.Correlation("n", "x", how),) for how in ("pearson", "spearman")),
    *((g.StrongestPair(("n", "x", "y"), how),) for how in ("pearson", "spearman")),
    (g.WeightedMean("x", "n"),),
    *((g.Regression("n", "x", part),) for part in ("slope", "intercept", "r2")),
    *(
        (g.HypothesisTest(kind, "x", part, by, values),)
        for part in ("statistic", "p", "decision")
        for kind, by, values in (
            ("welch_t", "k", TWO),
            ("student_t", "k", TWO),
            ("mann_whitney", "k", TWO),
            ("anova", "k", ()),
            ("shapiro", None, ()),
        )
    ),
    *((g.HypothesisTest("chi_square", "n", part, "k"),) for part in ("statistic", "p", "decision")),
]


@st.composite
def small_tables(draw: st.DrawFn) -> pa.Table:
    """Draw a table with ties and gaps in every column."""
    rows = draw(st.integers(4, 24))

    def column(values: st.SearchStrategy[Any], kind: pa.DataType) -> pa.Array:
        cells = draw(st.lists(st.one_of(*[values] * 5, st.none()), min_size=rows, max_size=rows))
        return pa.array(cells, kind)

    return pa.table(
        {
            "k": column(st.sampled_from("aabbc"), pa.string()),
            "n": column(st.integers(0, 4), pa.int64()),
            "x": column(st.integers(-8, 40).map(lambda n: n / 4), pa.float64()),
            "y": column(st.integers(-8, 8).map(lambda n: n / 10), pa.float64()),
        }
    )


@given(small_tables())
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
def test_three_engines_agree_on_statistics_of_any_table(
    tmp_path_factory: pytest.TempPathFactory, table: pa.Table
) -> None:
    folder = tmp_path_factory.mktemp("any")
    both = engines(folder, table)
    frame = read_frame(folder / "table.parquet")
    for steps in STEPS:
        program = g.Program(steps)
        one, other = (outcome(engine, program) for engine in both.values())
        assert agree(one, other), (program, one, other, table.to_pydict())
        if not isinstance(one, g.NoAnswer):
            with warnings.catch_warnings(action="ignore"):
                answer = submitted(program, frame)
            assert matches(answer, one), (program, one, answer, table.to_pydict())


NAMES = st.text(min_size=1, max_size=12) | st.sampled_from(["'); import os #", '"""', "{x}", "a\nb", "\\"])


@given(one=NAMES, other=NAMES, value=NAMES)
@settings(max_examples=30, deadline=None, derandomize=True, database=None)
def test_headers_and_values_stay_literals_in_the_source_of_statistics(one: str, other: str, value: str) -> None:
    allowed = {
        "df", "stats", "np", "pd", "pairs", "fit", "matrix", "first", "second", "samples", "values", "counts", "test",
        "answer", "submit", "sorted", "bool", "_",
    }  # fmt: skip
    steps: list[g.Step] = [
        g.StrongestPair((one, other, value), "spearman"),
        g.WeightedMean(one, other),
        g.Regression(one, other, "r2"),
        *(g.HypothesisTest(kind, one, "p", other, (value, one)) for kind in ("welch_t", "student_t", "mann_whitney")),
        *(g.HypothesisTest(kind, one, "decision", other) for kind in ("anova", "chi_square")),
        g.HypothesisTest("shapiro", one, "statistic"),
    ]
    for step in steps:
        nodes = list(ast.walk(ast.parse(source(g.Program((step,))))))
        assert {node.id for node in nodes if isinstance(node, ast.Name)} <= allowed
        imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
        assert {ast.unparse(node) for node in imports} <= {"from scipy import stats"}
        assert one in {node.value for node in nodes if isinstance(node, ast.Constant)}
