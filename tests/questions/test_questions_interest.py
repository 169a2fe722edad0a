"""Questions that are dull, with the reason, and questions that are not."""

from typing import Any

import polars as pl
import pytest

from tabletutor.programs import grammar as g
from tabletutor.questions.interest import is_dull
from tests.support.profiles import profile_of

TABLE = pl.DataFrame(
    {
        "name": ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"],
        "city": ["Oslo", "Oslo", "Rome", "Rome", "Rome", "Rome", "Rome", "Bern", "Bern", "Bern"],
        "team": ["a", "b", "c", "d", "e", "f", "g", "g", None, None],
        "same": [7] * 10,
        "once": ["x", None, None, None, None, None, None, None, None, None],
        "rain": [0.0] * 6 + [1.0, 4.0, 2.5, 9.0],
        "full": [9] * 6 + [1, 4, 2, 0],
        "pay": [3, 1, 4, 1, 5, 9, 2, 6, 5, 3],
        "cost": [2.0, 7.0, 1.0, 8.0, 2.0, 8.0, 1.0, 8.0, 2.0, 8.0],
    }
)
PROFILE = profile_of(TABLE)
CITY = g.Where("city", "==", "Oslo")
BY_CITY = g.Group("city", "mean", "pay")


def chain(*steps: g.Step) -> g.Program:
    return g.Program(steps)


DULL: list[tuple[g.Program, Any, str]] = [
    (chain(g.Count()), 10, "all rows"),
    (chain(g.Where("pay", ">", 50), g.Count()), 0, "no rows"),
    (chain(g.Missing("city", negated=True), g.Count()), 10, "all rows"),
    (chain(g.Aggregate("city", "count")), 10, "number of rows"),
    (chain(g.Aggregate("name", "nunique")), 10, "'name' are all different"),
    (chain(CITY, g.Aggregate("team", "nunique")), 1, "at most one value of 'team'"),
    (chain(g.Aggregate("same", "mean")), 7.0, "'same' has at most one value"),
    (chain(CITY, g.Correlation("same", "pay")), 0.5, "'same' has at most one value"),
    (chain(g.Aggregate("rain", "min")), 0.0, "equal the minimum"),
    (chain(g.Aggregate("full", "max")), 9, "equal the maximum"),
    (chain(g.Group("city", "count"), g.GroupStatistic("median")), 1, "most groups have one row"),
    (chain(g.Aggregate("rain", "median")), 0.0, "median of 'rain'"),
    (chain(g.Quantile("rain", 0.25)), 0.0, "quantile of 'rain'"),
    (chain(g.InterquartileRange("same")), 0.0, "at most one value"),
    (chain(g.Correlation("pay", "cost")), 0.99995, "say the same"),
    (chain(g.Correlation("pay", "cost")), -1.0, "say the same"),
    (chain(g.Regression("pay", "cost", "r2")), 1.0, "say the same"),
    (chain(g.Arithmetic("pay", "+", "cost", "sum"), g.Correlation("sum", "pay")), 0.5, "same column"),
    (chain(g.Scale("pay", "zscore", "z"), g.Scale("z", "minmax", "y"), g.Correlation("y", "pay")), 1.0, "same column"),
    (chain(g.Correlation("pay", "pay")), 1.0, "same column"),
    (chain(g.Group("name", "mean", "pay"), g.BestGroup("largest")), "f", "by 'name' have one row"),
    (chain(g.Group("team", "mean", "pay"), g.BestGroup("largest")), "f", "by 'team' have one row"),
    (chain(g.BestWithin("name", "pay", "largest", "city")), {"a": "Oslo", "b": "Rome"}, "by 'name' have one row"),
    (chain(g.Pivot("name", "city", "count")), {"a": {"Oslo": 1}}, "by 'name' have one row"),
    (chain(g.MostFrequent("name")), "a", "no value of 'name' occurs twice"),
    (chain(g.MostFrequent("pay")), 1, "no value of 'pay' is clearly the most frequent"),
    (chain(g.Share("pay", ">", 0)), 100.0, "100 percent"),
    (chain(CITY, g.MissingShare("pay"), g.Round(1)), 0.0, "0 percent"),
    (chain(g.Where("pay", ">", 2), g.MissingShare("team")), 12.5, "only 2 values"),
    (chain(CITY, g.MostFrequent("city")), "Oslo", "fixes 'city'"),
    (chain(CITY, g.Group("city", "mean", "pay"), g.BestValue("largest")), 3.0, "fixes 'city'"),
    (chain(g.Where("pay", ">=", 5), g.Aggregate("pay", "min")), 5, "bound that the question gives"),
    (chain(BY_CITY, g.Keep(">", 0), g.GroupCount()), 3, "keeps all groups"),
    (chain(BY_CITY, g.GroupMapping()), {"Oslo": 2, "Rome": 2}, "the same"),
    (chain(g.Pivot("city", "pay", "count")), {"Oslo": {"1": 1}, "Rome": {"2": 1}}, "the same"),
    (chain(g.Top("pay", 2, "largest"), g.ListOf("city")), ["Oslo", "Oslo"], "the same"),
    (chain(g.HypothesisTest("anova", "pay", "p", by="city")), 1e-12, "practically 0"),
    (chain(g.HypothesisTest("anova", "pay", "p", by="city")), 1.0, "do not differ at all"),
    (chain(g.HypothesisTest("anova", "pay", "statistic", by="city")), 0.0, "do not differ at all"),
    (g.Program((g.Count(),), (g.Aggregate("same", "sum"),), g.Join("ratio")), 0.5, "'same' has at most one value"),
    (g.Program((), parts=(g.Part("n", (g.Count(),)), g.Part("m", (g.Aggregate("pay", "mean"),)))), {"n": 10, "m": 3.9},
     "all rows"),
]  # fmt: skip

NOT_DULL: list[tuple[g.Program, Any]] = [
    (chain(CITY, g.Count()), 2),
    (chain(g.Aggregate("city", "nunique")), 3),
    (chain(g.Aggregate("pay", "min")), 1),
    (chain(CITY, g.Aggregate("rain", "min")), 0.0),
    (chain(g.Aggregate("rain", "max")), 9.0),
    (chain(g.Aggregate("rain", "mean")), 1.65),
    (chain(g.Quantile("rain", 0.75)), 2.125),
    (chain(g.Missing("once"), g.Count()), 9),
    (chain(g.MissingShare("once")), 90.0),
    (chain(g.Correlation("pay", "cost")), 0.3),
    (chain(g.Regression("pay", "cost", "slope")), 1.0),
    (chain(g.Arithmetic("pay", "+", "rain", "sum"), g.Correlation("sum", "cost")), 0.5),
    (chain(BY_CITY, g.GroupMapping()), {"Oslo": 2, "Rome": 4.75, "Bern": 4}),
    (chain(BY_CITY, g.Keep(">", 3), g.GroupCount()), 2),
    (chain(BY_CITY, g.GroupCount()), 3),
    (chain(g.MostFrequent("city")), "Rome"),
    (chain(g.Share("pay", ">", 4)), 40.0),
    (chain(g.Where("pay", ">=", 5), g.Aggregate("pay", "min")), 6),
    (chain(g.HypothesisTest("anova", "pay", "p", by="city")), 0.2),
    (chain(g.HypothesisTest("anova", "pay", "decision", by="city")), False),
    (g.Program((CITY,), parts=(g.Part("n", (g.Count(),)), g.Part("m", (g.Span("pay"),)))), {"n": 2, "m": 2}),
]  # fmt: skip


@pytest.mark.parametrize(("program", "answer", "reason"), DULL)
def test_a_dull_question_has_a_reason(program: g.Program, answer: Any, reason: str) -> None:
    assert reason in (is_dull(program, PROFILE, answer) or "")


@pytest.mark.parametrize(("program", "answer"), NOT_DULL)
def test_a_question_worth_asking_is_not_dull(program: g.Program, answer: Any) -> None:
    assert is_dull(program, PROFILE, answer) is None
