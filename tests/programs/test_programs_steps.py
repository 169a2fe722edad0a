"""Steps along rows, new columns, groups and parts: answers that were worked out by hand, on three engines."""

import math
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tabletutor.programs import grammar as g
from tabletutor.programs.pandas_source import source
from tabletutor.programs.typecheck import IllTypedError, Kind, answer_kind
from tests.support.programs import Engine, agree, engines, matches, outcome, pandas_engine

NA = None
STOCK = pa.table(
    {
        "day": pa.array(
            [
                text and datetime.fromisoformat(text)
                for text in (
                    "2012-03-01", "2012-01-05", None, "2012-02-29", "2012-06-30T12:00", "2013-01-01", "2012-12-31",
                )
            ],
            pa.timestamp("us"),
        ),
        "shop": pa.array(["b", "a", "a", "b", None, "a", "b"]),
        "kind": pa.array(["new", "Old", "an old one", "colder", "OLD-new", None, "b_old"]),
        "n": pa.array([4, 1, 7, NA, 2, 40, 4], pa.int64()),
        "x": pa.array([1.5, NA, 0.0, 2.5, 2.5, -1.0, 6.0], pa.float64()),
        "open": pa.array([True, True, NA, True, False, True, False]),
    }
)  # fmt: skip
BY_SHOP = g.Group("shop", "sum", "n")  # a 48, b 8
MONTHS = (g.Period("day", "month", "m"), g.Group("m", "count"))  # 2012-01, 02, 03, 06, 12, 2013-01: 1 each
PART = g.DatePart("day", "month", "m")
BY_MONTH = (PART, g.Group("m", "sum", "x"))  # 1: -1.0 (the 7th row only), 2: 2.5, 3: 1.5, 6: 2.5, 12: 6.0


def shown(name: str) -> tuple[g.Step, ...]:
    """The values of a column that has some."""
    return (g.Missing(name, negated=True), g.ListOf(name))


def counted(step: g.Filter) -> tuple[g.Step, ...]:
    return (step, g.Count())


ANSWERS: list[tuple[tuple[g.Step, ...], Any]] = [
    # Conditions. n: 1 2 4 4 7 40 has Q1 2.5, Q3 6.25 and the fences -3.125 and 11.875.
    ((g.Outliers("n", "iqr"), g.ListOf("n")), [40]),
    ((g.Outliers("n", "iqr", negated=True), g.ListOf("n")), [4, 1, 7, 2, 4]),
    (counted(g.Outliers("n", "zscore")), 0),
    (counted(g.Outliers("n", "zscore", negated=True)), 6),
    ((g.Where("n", "==", 4), *counted(g.Outliers("n", "iqr"))), 0),
    ((g.Where("n", "==", 4), *counted(g.Outliers("n", "zscore", negated=True))), 2),
    ((g.Where("n", "==", 7), *counted(g.Outliers("n", "zscore", negated=True))), 1),
    ((g.Repeated(("shop",)), g.Where("n", ">", 0), g.ListOf("n")), [7, 40, 4]),
    (counted(g.Repeated(("shop",), negated=True)), 3),
    (counted(g.Repeated(("n", "shop"))), 1),
    (counted(g.Repeated()), 0),
    ((g.TextPart("kind", "length", "l"), *counted(g.Repeated(negated=True))), 7),
    ((g.Sort("day"), g.ListOf("day")),
     ["2012-01-05", "2012-02-29", "2012-03-01", "2012-06-30T12:00:00", "2012-12-31", "2013-01-01"]),
    (counted(g.Contains("kind", "old")), 3),
    (counted(g.Contains("kind", "oLD", ignore_case=True)), 5),
    (counted(g.Contains("kind", "old", whole_word=True)), 1),
    (counted(g.Contains("kind", "old", ignore_case=True, whole_word=True)), 3),
    (counted(g.Contains("kind", "-new", whole_word=True)), 0),
    (counted(g.Contains("kind", "LD-", whole_word=True)), 0),
    (counted(g.Contains("kind", "OLD-", whole_word=True)), 0),
    (counted(g.Contains("kind", "an old", whole_word=True)), 1),
    # New columns.
    ((g.Bin("n", (2, 7.0), ("low", "mid", "high"), "b"), *shown("b")), ["mid", "low", "high", "mid", "high", "mid"]),
    ((g.Bin("x", (2.5,), ("low", "high"), "b"), g.Group("b", "count"), g.GroupMapping()), {"low": 3, "high": 3}),
    ((g.RankWithin("n", "shop", "largest", "r"), *shown("r")), [1, 3, 2, 1, 1]),
    ((g.RankWithin("x", None, "smallest", "r"), *shown("r")), [3, 2, 4, 4, 1, 6]),
    ((g.Period("day", "month", "p"), *shown("p")), ["2012-03", "2012-01", "2012-02", "2012-06", "2013-01", "2012-12"]),
    ((g.Period("day", "quarter", "p"), g.Distinct("p")), ["2012Q1", "2012Q2", "2012Q4", "2013Q1"]),
    ((g.Period("day", "year", "p"), g.Group("p", "count"), g.GroupMapping()), {"2012": 5, "2013": 1}),
    ((g.Scale("n", "minmax", "s"), *shown("s")), [3 / 39, 0.0, 6 / 39, 1 / 39, 1.0, 3 / 39]),
    ((g.Where("shop", "==", "b"), g.Scale("x", "zscore", "s"), g.Aggregate("s", "max")), (8 / 3) / math.sqrt(67 / 12)),
    ((g.Where("n", "==", 4), g.Scale("n", "zscore", "s"), g.Missing("s"), g.Count()), 2),
    ((g.Where("n", "==", 4), g.Scale("n", "minmax", "s"), g.Missing("s"), g.Count()), 2),
    ((g.Missing("x"), g.Scale("x", "zscore", "s"), g.Missing("s"), g.Count()), 1),
    ((g.Impute("x", "median", "f"), g.ListOf("f")), [1.5, 2.0, 0.0, 2.5, 2.5, -1.0, 6.0]),
    ((g.Impute("n", "mean", "f"), g.Aggregate("f", "sum")), 58 + 58 / 6),
    ((g.Impute("n", "zero", "f"), g.ListOf("f")), [4, 1, 7, 0, 2, 40, 4]),
    ((g.Impute("shop", "forward", "f"), g.ListOf("f")), ["b", "a", "a", "b", "b", "a", "b"]),
    ((g.Sort("n"), g.Count()), "tie"),
    ((g.Sort("day"), g.Impute("x", "forward", "f"), *shown("f")), [2.5, 1.5, 2.5, 6.0, -1.0]),
    ((g.Running("n", "cumulative", "c"), *shown("c")), [4, 5, 12, 14, 54, 58]),
    ((g.Running("n", "change", "c"), *shown("c")), [-3, 6, -5, 38, -36]),
    ((g.Running("n", "rolling_mean", "c", 2), *shown("c")), [2.5, 4.0, 4.5, 21.0, 22.0]),
    ((g.Running("n", "percent_change", "c"), *shown("c")), [-75.0, 600.0, 200 / 7 - 100, 1900.0, -90.0]),
    ((g.Running("x", "percent_change", "c"), *shown("c")), [-100.0, 0.0, -140.0, -700.0]),
    ((g.Running("x", "rolling_mean", "c", 7), *counted(g.Missing("c"))), 7),
    ((g.Sort("day"), g.Running("x", "cumulative", "c"), *shown("c")), [2.5, 4.0, 6.5, 12.5, 11.5]),
    # Reductions.
    ((g.Edge("n", "first"),), 4),
    ((g.Edge("kind", "last"),), "b_old"),
    ((g.Sort("day"), g.Edge("n", "last")), 40),
    ((g.Streak("n", ">=", 2),), 3),
    ((g.Streak("n", "!=", 1),), 3),
    ((g.Streak("open", "==", True),), 2),
    ((g.Streak("open", "!=", True),), 1),
    ((g.Streak("kind", "==", "x"),), 0),
    ((g.Streak("day", "<", "2013-01-01"),), 2),
    ((g.Sort("day"), g.Streak("x", ">", 0)), 4),
    ((g.BestWithin("shop", "x", "largest", "n"),), {"a": 7, "b": 4}),
    ((g.BestWithin("open", "n", "smallest", "shop"),), "no_answer"),
    ((g.Where("shop", "==", "b"), g.BestWithin("shop", "n", "largest", "x")), "tie"),
    ((g.BestWithin("shop", "day", "smallest", "day"),), {"a": "2012-01-05", "b": "2012-02-29"}),
    ((g.Pivot("shop", "open", "count"),), {"a": {"True": 2}, "b": {"False": 1, "True": 2}}),
    ((g.Pivot("shop", "open", "mean", "x"),), {"a": {"True": -1.0}, "b": {"False": 6.0, "True": 2.0}}),
    ((g.Pivot("shop", "kind", "sum", "n"),),
     {"a": {"Old": 1, "an old one": 7}, "b": {"b_old": 4, "new": 4}}),
    # Groups.
    ((BY_SHOP, g.GroupShares(), g.GroupMapping()), {"a": 4800 / 56, "b": 800 / 56}),
    ((BY_SHOP, g.GroupShares(), g.Along("change"), g.GroupMapping()), {"b": -4000 / 56}),
    ((BY_SHOP, g.GroupShares(), g.Keep(">", 50), g.GroupNames()), ["a"]),
    ((BY_SHOP, g.GroupShares(), g.BestValue("smallest")), 800 / 56),
    ((*BY_MONTH, g.GroupMapping()), {"1": -1.0, "2": 2.5, "3": 1.5, "6": 2.5, "12": 6.0}),
    ((*BY_MONTH, g.Along("change"), g.GroupMapping()), {"2": 3.5, "3": -1.0, "6": 1.0, "12": 3.5}),
    ((*BY_MONTH, g.Along("cumulative"), g.GroupMapping()), {"1": -1.0, "2": 1.5, "3": 3.0, "6": 5.5, "12": 11.5}),
    ((*BY_MONTH, g.Along("rolling_mean", 3), g.GroupMapping()), {"3": 1.0, "6": 6.5 / 3, "12": 10 / 3}),
    ((*BY_MONTH, g.Along("percent_change"), g.BestGroup("largest")), 12),
    ((*BY_MONTH, g.Along("change"), g.BestGroup("largest")), "tie"),
    ((PART, g.Group("m", "sum", "n"), g.Along("change"), g.GroupMapping()), {"3": -37, "6": -2, "12": 2}),
    ((*MONTHS, g.Along("cumulative"), g.GroupValue("2012-06")), 4),
    ((*BY_MONTH, g.Along("change"), g.Along("change"), g.GroupCount()), 3),
    ((*BY_MONTH, g.GroupValue(12)), 6.0),
    ((g.Group("open", "count"), g.GroupValue(True)), 4),
    ((BY_SHOP, g.GroupValue("c")), "no_answer"),
    ((BY_SHOP, g.GroupStatistic("mean")), 28.0),
    ((BY_SHOP, g.GroupStatistic("sum")), 56),
    ((BY_SHOP, g.GroupStatistic("std")), math.sqrt(800)),
    ((*BY_MONTH, g.GroupStatistic("median")), 2.5),
    ((*BY_MONTH, g.GroupStatistic("sum")), 11.5),
    ((BY_SHOP, g.Keep(">", 9), g.GroupStatistic("std")), "no_answer"),
    ((BY_SHOP, g.Keep(">", 99), g.GroupStatistic("sum")), "no_answer"),
    ((g.Where("n", "<", 0), BY_SHOP, g.GroupShares(), g.GroupMapping()), {}),
    ((g.Arithmetic("x", "-", "x", "z"), g.Group("shop", "sum", "z"), g.GroupShares(), g.GroupMapping()), "no_answer"),
    ((g.Where("n", "<", 0), g.Edge("n", "first")), "no_answer"),
    ((g.Where("n", "<", 0), g.Streak("n", ">", 0)), "no_answer"),
    ((g.Where("n", "<", 0), g.BestWithin("shop", "x", "largest", "n")), {}),
    # Rounding.
    ((g.Where("x", ">", 2), g.Aggregate("x", "min"), g.Round(0)), 2.0),
    ((g.Where("x", ">", 2), g.Aggregate("x", "min"), g.Round(0, "away")), 3.0),
    ((g.Count(), g.Round(1, "away")), 7),
    ((g.Count(), g.Round(-1, "away")), 10),
]  # fmt: skip


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Engine]:
    folder = tmp_path_factory.mktemp("stock")
    return {**engines(folder, STOCK), "pandas": pandas_engine(folder)}


@pytest.mark.parametrize(("steps", "expected"), ANSWERS)
def test_a_step_means_what_was_worked_out_by_hand(
    three: dict[str, Engine], steps: tuple[g.Step, ...], expected: Any
) -> None:
    program = g.Program(steps)
    refused = expected in ("tie", "no_answer")
    for name in ("polars", "duckdb"):
        if refused:
            with pytest.raises(g.NoAnswer) as refusal:
                three[name](program)
            assert refusal.value.reason == expected
        else:
            answer = three[name](program)
            assert agree(answer, expected), (name, answer)
    if not refused:
        answer = three["pandas"](program)
        assert matches(answer, expected), (source(program), answer)


RECORDS: list[tuple[g.Program, dict[str, Any]]] = [
    (
        g.Program(
            (g.Where("shop", "==", "b"),),
            parts=(
                g.Part("mean", (g.Aggregate("x", "mean"), g.Round(2))),
                g.Part("open 'n'", (g.Where("open", "==", True), g.Count())),
                g.Part("all", (g.Count(),)),
                g.Part("days", (g.Top("n", 2, "largest"), g.ListOf("day"))),
            ),
        ),
        {},
    ),
    (
        g.Program(
            (g.TextPart("kind", "length", "l"),),
            parts=(
                g.Part("longest", (g.Aggregate("l", "max"),)),
                g.Part("per shop", (g.Group("shop", "max", "l"), g.GroupMapping())),
                g.Part("twice", (g.Arithmetic("l", "+", "l", "m"), g.Repeated(), g.Count())),
                g.Part("once", (g.Arithmetic("l", "*", "n", "m"), g.Aggregate("m", "min"))),
            ),
        ),
        {"longest": 10, "per shop": {"a": 10, "b": 6}, "twice": 0, "once": 3},
    ),
    (
        g.Program(
            BY_MONTH,
            parts=(
                g.Part("months", (g.GroupCount(),)),
                g.Part("changes", (g.Along("change"), g.Keep(">", 0), g.GroupCount())),
                g.Part("best", (g.BestGroup("largest"),)),
            ),
        ),
        {"months": 5, "changes": 3, "best": 12},
    ),
]


@pytest.mark.parametrize(("program", "expected"), RECORDS[1:])
def test_a_program_with_parts_has_a_record_as_its_answer(
    three: dict[str, Engine], program: g.Program, expected: dict[str, Any]
) -> None:
    assert answer_kind(program, KINDS) == "record"
    for name in ("polars", "duckdb"):
        assert agree(three[name](program), expected), name
    assert matches(three["pandas"](program), expected), source(program)
    assert g.from_json(g.to_json(program)) == program


def test_a_part_without_an_answer_leaves_the_program_without_one(three: dict[str, Engine]) -> None:
    for name in ("polars", "duckdb"):
        with pytest.raises(g.NoAnswer) as refusal:
            three[name](RECORDS[0][0])
        assert refusal.value.reason == "tie"


KINDS: dict[str, Kind] = {
    "day": "date", "shop": "text", "kind": "text", "n": "integer", "x": "number", "open": "boolean",
}  # fmt: skip
COUNT = g.Count()
ILL_TYPED: list[g.Program] = [
    *(
        g.Program((step, COUNT))
        for step in (
            g.Where("n", "==", 1, ignore_case=True),
            g.Where("shop", "<", "b", ignore_case=True),
            g.Contains("shop", "", whole_word=True),
            g.Outliers("shop", "iqr"),
            g.Repeated(("shop", "nowhere")),
            g.Sort("shop"),
            g.Bin("n", (2, 2), ("a", "b", "c"), "b"),
            g.Bin("n", (2,), ("a", "a"), "b"),
            g.Bin("n", (2,), ("a",), "b"),
            g.Bin("n", (2, 3), ("a", "b"), "b"),
            g.Bin("n", (), ("a",), "b"),
            g.Bin("day", (2,), ("a", "b"), "b"),
            g.RankWithin("shop", None, "largest", "r"),
            g.RankWithin("n", "x", "largest", "r"),
            g.Period("n", "year", "p"),
            g.Scale("day", "minmax", "s"),
            g.Impute("shop", "mean", "f"),
            g.Impute("day", "zero", "f"),
            g.Running("n", "rolling_mean", "c"),
            g.Running("n", "rolling_mean", "c", 0),
            g.Running("n", "change", "c", 2),
            g.Running("day", "change", "c"),
        )
    ),
    *(
        g.Program((step,))
        for step in (
            g.Edge("nowhere", "first"),
            g.Streak("shop", "==", 1),
            g.BestWithin("x", "n", "largest", "shop"),
            g.BestWithin("shop", "kind", "largest", "n"),
            g.BestWithin("shop", "n", "largest", "shop"),
            g.Pivot("shop", "shop", "count"),
            g.Pivot("shop", "x", "count"),
            g.Pivot("shop", "kind", "mean"),
            g.Pivot("shop", "kind", "mean", "day"),
        )
    ),
    g.Program((g.Group("shop", "max", "day"), g.Along("cumulative"), g.GroupMapping())),
    g.Program((g.Group("shop", "max", "day"), g.GroupShares(), g.GroupMapping())),
    g.Program((g.Group("shop", "max", "day"), g.GroupStatistic("mean"))),
    g.Program((BY_SHOP, g.Along("rolling_mean"), g.GroupMapping())),
    g.Program((BY_SHOP, g.GroupValue(1))),
    g.Program((g.Group("n", "count"), g.GroupValue("1"))),
    g.Program((g.Group("n", "count"), g.GroupValue(True))),
    g.Program((g.Group("day", "count"), g.GroupValue("2012-01-05"))),
    g.Program((COUNT,), parts=(g.Part("n", (COUNT,)),)),
    g.Program((), parts=(g.Part("n", (g.Sort("n"),)),)),
    g.Program((), parts=(g.Part("n", (COUNT,)), g.Part("n", (COUNT,)))),
    g.Program((), parts=(g.Part("n", (COUNT,)),), after=(g.Round(1),)),
    g.Program((), (COUNT,), g.Join("difference"), parts=(g.Part("n", (COUNT,)),)),
]


@pytest.mark.parametrize("program", ILL_TYPED)
def test_a_step_that_does_not_fit_the_columns_is_refused(program: g.Program) -> None:
    with pytest.raises(IllTypedError):
        answer_kind(program, KINDS)


READINGS: list[tuple[tuple[g.Step, ...], Any]] = [
    (counted(g.Where("kind", "==", "OLD", ignore_case=True)), 1),
    (counted(g.Where("n", ">", 3, or_missing=True)), 5),
    (counted(g.OneOf("kind", ("OLD", "New"), ignore_case=True)), 2),
    (counted(g.Outliers("n", "zscore", population=True)), 0),
    (counted(g.Repeated(("shop",), every=True)), 6),
    (counted(g.Repeated(("shop",), negated=True, every=True)), 1),
    ((g.RankWithin("x", None, "smallest", "r", "worst"), *shown("r")), [3, 2, 5, 5, 1, 6]),
    ((g.RankWithin("x", None, "smallest", "r", "dense"), *shown("r")), [3, 2, 4, 4, 1, 5]),
    ((g.Where("n", ">", 6), g.Scale("n", "zscore", "s", population=True), *shown("s")), [-1.0, 1.0]),
    ((g.Group("shop", "count", with_missing=True), g.GroupMapping()), {"a": 3, "b": 3, "NaN": 1}),
    ((g.Group("open", "count", with_missing=True), g.GroupMapping()), {"True": 4, "False": 2, "NaN": 1}),
    ((g.Group("n", "count", with_missing=True), g.GroupNames()), ["1", "2", "4", "40", "7", "NaN"]),
    ((BY_SHOP, g.GroupStatistic("population_std")), 20.0),
    ((g.Pivot("shop", "open", "count", zeros=True),), {"a": {"False": 0, "True": 2}, "b": {"False": 1, "True": 2}}),
]


@pytest.mark.parametrize(("steps", "expected"), READINGS)
def test_polars_computes_what_a_step_might_also_mean(
    three: dict[str, Engine], steps: tuple[g.Step, ...], expected: Any
) -> None:
    assert agree(three["polars"](g.Program(steps)), expected)


@pytest.mark.parametrize("engine", ["duckdb", "pandas"])
def test_the_other_engines_refuse_other_readings(three: dict[str, Engine], engine: str) -> None:
    for steps, _ in READINGS:
        if any(map(g.is_other_reading, steps)):
            with pytest.raises(ValueError, match="only Polars computes other readings"):
                three[engine](g.Program(steps))


def test_values_along_groups_tie_within_their_last_bits(tmp_path: Path) -> None:
    table = pa.table(
        {"k": list("abcde"), "n": [0, 0, 1, 1, 1], "m": [1, 2, 3, 7, 20], "x": [1e-300, 1e300, 1.0, 1.0, 1.0]}
    )
    thirds = (g.Group("k", "sum", "n"), g.Along("rolling_mean", 3), g.Along("change"))  # 1/3 and 1/3
    shares = (g.Group("k", "sum", "m"), g.GroupShares(), g.Along("change"))  # 1/33 and 1/33, then more
    infinite = (g.Group("k", "sum", "x"), g.Along("percent_change"))
    for engine in engines(tmp_path, table).values():
        assert outcome(engine, g.Program((*thirds, g.BestGroup("largest")))).reason == "tie"
        assert outcome(engine, g.Program((*shares, g.BestGroup("smallest")))).reason == "tie"
        assert outcome(engine, g.Program((*infinite, g.GroupCount()))).reason == "no_answer"


def test_half_away_rounds_the_decimal_text_as_on_paper(tmp_path: Path) -> None:
    table = pa.table({"x": [1.005, 2.675, -0.125, 1e22]})
    three = {**engines(tmp_path, table), "pandas": pandas_engine(tmp_path)}
    for value, rounded in ((1.005, 1.01), (2.675, 2.68), (-0.125, -0.13), (1e22, 1e22)):
        steps = (g.Where("x", "==", value), g.Aggregate("x", "max"))
        for name, engine in three.items():
            assert engine(g.Program((*steps, g.Round(2, "away")))) == rounded, name
