"""Questions that too little of the table stands behind, with what they lack, and questions that lack nothing."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from tabletutor.programs import grammar as g
from tabletutor.programs import polars_engine
from tabletutor.questions.support import find_lack
from tabletutor.records.table import TableProfile
from tests.support.profiles import profile_of

ROWS = range(60)
START = datetime(2020, 1, 1)  # noqa: DTZ001
TABLE = pl.DataFrame(
    {
        "city": [("Oslo", "Rome", "Bern", "Ulm")[row % 4] for row in ROWS],
        "side": ["left" if row % 2 else "right" for row in ROWS],
        "half": ["low" if row < 30 else "high" for row in ROWS],
        "fifth": ["a" if row % 5 else "b" for row in ROWS],
        "once": [f"thing {max(row, 3)}" for row in ROWS],
        "rare": ["x" if row < 2 else "y" if row < 31 else "z" for row in ROWS],
        "trio": ["a" if row < 25 else "b" if row < 50 else "c" for row in ROWS],
        "only": ["same" if row < 58 else "other" for row in ROWS],
        "pay": [row * row % 61 + row for row in ROWS],
        "double": [2 * (row * row % 61 + row) for row in ROWS],
        "noise": [(row * 37) % 60 for row in ROWS],
        "gaps": [float(row) if row % 3 == 0 else None for row in ROWS],
        "sparse": [float(row) if row < 4 else None for row in ROWS],
        "even": [5.0 if row % 2 else None for row in ROWS],
        "debt": [-row - 1 if row % 4 == 0 else row for row in ROWS],
        "falling": [-row for row in ROWS],
        "flat": [3 if row < 31 else row for row in ROWS],
        "late": [None if row < 31 else row for row in ROWS],
        "day": [START + timedelta(days=24 * row) for row in ROWS],
        "few": [START + timedelta(days=6 * row) for row in ROWS],
    },
    schema_overrides={"day": pl.Datetime("us"), "few": pl.Datetime("us")},
)
PROFILE = profile_of(TABLE, roles={"day": "date", "few": "date"})
MEAN = g.Aggregate("pay", "mean")
BY_CITY = g.Group("city", "mean", "pay")
BEST = g.BestGroup("largest")
LEFT, RIGHT = (g.Where("side", "==", side) for side in ("left", "right"))
YEARS = g.Period("day", "year", "year")
BY_YEAR = g.Group("year", "sum", "pay")


def chain(*steps: g.Step) -> g.Program:
    return g.Program(steps)


def run(program: g.Program) -> Any:
    return polars_engine.run(program, TABLE)


def lack(program: g.Program, profile: TableProfile = PROFILE) -> str | None:
    """Return what a program lacks on the table."""
    return find_lack(program, profile, run, run(program))


LACKS: list[tuple[g.Program, str]] = [
    (g.Program((LEFT, g.Count()), (RIGHT, g.Count()), g.Join("ratio")), "both groups have the same number"),
    (chain(g.Where("noise", ">", 9), g.Aggregate("day", "max")), "changes nothing"),
    (chain(g.HypothesisTest("chi_square", "half", "decision", by="fifth")), "the groups have the same shares"),
    (chain(g.Where("noise", "<", 9), g.Group("city", "count"), g.GroupMapping()), "9 rows together"),
    (chain(g.Where("pay", ">", 20), g.Aggregate("city", "nunique")), "changes nothing"),
    (
        chain(
            g.Where("noise", "<", 15),
            g.Bin("pay", (20, 50), ("a", "b", "c"), "band"),
            g.Group("band", "count"),
            g.GroupMapping(),
        ),
        "15 rows together",
    ),
    (chain(g.Where("pay", ">", 0), MEAN), "keeps 59 of 60 rows"),
    (chain(g.Where("only", "==", "same"), MEAN), "keeps 58 of 60 rows"),
    (chain(g.Where("noise", "==", 7), g.Count()), "keeps 1 of 60 rows"),
    (chain(LEFT, g.Where("noise", "!=", 7), MEAN), "keeps 29 of 30 rows"),
    (chain(g.Where("sparse", ">=", 0), MEAN), "keeps 4 of 4 rows"),
    (chain(g.Outliers("noise", "iqr"), g.Count()), "keeps 0 of 60 rows"),
    (chain(g.Outliers("noise", "iqr", negated=True), g.Aggregate("noise", "mean")), "keeps 60 of 60 rows"),
    (chain(g.Repeated(), g.Count()), "keeps 0 of 60 rows"),
    (chain(g.Missing("sparse", negated=True), MEAN), "fewer than 5 rows"),
    (chain(g.Top("pay", 3, "largest"), MEAN), "fewer than 5 rows"),
    (chain(g.Quantile("gaps", 0.9)), "fewer than 30 rows"),
    (chain(g.InterquartileRange("gaps")), "fewer than 30 rows"),
    (chain(g.Aggregate("gaps", "std")), "fewer than 30 rows"),
    (chain(g.Group("side", "mean", "pay"), BEST), "there are 2 groups"),
    (chain(g.Where("city", "==", "Oslo"), g.Group("side", "mean", "pay"), g.GroupMapping()), "there are 1 groups"),
    (chain(g.Group("only", "count"), g.GroupMapping()), "one group has nearly all rows"),
    (chain(g.Group("city", "sum", "debt"), g.GroupShares(), g.GroupMapping()), "a total is negative"),
    (chain(g.Group("rare", "mean", "pay"), g.GroupMapping()), "a group has 2 rows"),
    (chain(g.Group("city", "mean", "sparse"), g.GroupSpread()), "a group has 1 rows"),
    (chain(g.Period("few", "month", "m"), g.Group("m", "sum", "pay"), g.GroupMapping()), "a group has 4 rows"),
    (chain(g.Where("day", "<", "2022-06-01"), YEARS, BY_YEAR, g.Along("change"), BEST), "fewer than 4 periods"),
    (chain(YEARS, g.Group("year", "mean", "falling"), g.Along("change"), BEST), "nothing increases"),
    (chain(g.Group("trio", "count"), g.BestGroup("largest", 3)), "ranks are shared"),
    (chain(g.Where("city", "==", "Oslo"), g.Pivot("city", "side", "mean", "pay")), "one row or one column"),
    (chain(g.Pivot("rare", "side", "mean", "pay")), "a cell has 1 rows"),
    (chain(g.Correlation("sparse", "pay")), "fewer than 20 rows have both"),
    (chain(g.Regression("pay", "sparse", "slope")), "fewer than 20 rows have both"),
    (chain(g.Regression("noise", "pay", "slope")), "next to nothing"),
    (chain(g.Where("rare", "==", "y"), g.Regression("pay", "flat", "slope")), "has no answer"),
    (chain(g.HypothesisTest("shapiro", "sparse", "p")), "fewer than 20 rows have a value"),
    (chain(g.HypothesisTest("chi_square", "rare", "p", by="side")), "expected count is below 5"),
    (chain(g.HypothesisTest("welch_t", "pay", "p", by="city", values=("Oslo", "Rome"))), "a group of the test"),
    (chain(g.HypothesisTest("anova", "pay", "p", by="city")), "a group of the test"),
    (chain(g.Impute("even", "median", "full"), g.Aggregate("full", "mean")), "filled values change nothing"),
    (chain(LEFT, g.Aggregate("even", "mean")), "changes nothing"),
    (chain(LEFT, g.Where("gaps", ">", 9), g.Aggregate("only", "nunique")), "changes nothing"),
    (chain(g.MostFrequent("once")), "clearly the most frequent"),
    (g.Program((LEFT, g.Count()), (RIGHT, g.Count()), g.Join("greater")), "both groups have the same number"),
    (g.Program((LEFT, MEAN), (RIGHT, g.Aggregate("sparse", "mean")), g.Join("difference")), "fewer than 5 rows"),
    (g.Program((), parts=(g.Part("m", (MEAN,)), g.Part("s", (g.Aggregate("gaps", "std"),)))), "fewer than 30 rows"),
]

ENOUGH: list[g.Program] = [
    chain(g.Count()),
    chain(LEFT, g.Count()),
    chain(LEFT, MEAN),
    chain(g.Missing("gaps"), MEAN),
    chain(g.Top("pay", 5, "largest"), MEAN),
    chain(g.Quantile("pay", 0.9)),
    chain(BY_CITY, BEST),
    chain(BY_CITY, g.GroupMapping()),
    chain(BY_CITY, g.BestGroup("largest", 2)),
    chain(g.Group("rare", "count"), g.GroupMapping()),
    chain(g.Group("city", "sum", "pay"), g.GroupShares(), g.GroupMapping()),
    chain(YEARS, BY_YEAR, g.Along("change"), BEST),
    chain(g.Pivot("city", "side", "mean", "pay")),
    chain(g.Pivot("rare", "side", "count")),
    chain(g.Correlation("pay", "noise")),
    chain(g.Regression("pay", "double", "slope")),
    chain(g.HypothesisTest("welch_t", "noise", "p", by="rare", values=("y", "z"))),
    chain(g.HypothesisTest("chi_square", "side", "p", by="trio")),
    chain(g.Impute("gaps", "zero", "full"), g.Aggregate("full", "mean")),
    chain(g.Where("rare", "==", "y"), g.Impute("late", "zero", "full"), g.Aggregate("full", "sum")),
    g.Program((LEFT, MEAN), (RIGHT, MEAN), g.Join("difference")),
    g.Program((LEFT,), parts=(g.Part("n", (g.Count(),)), g.Part("m", (MEAN,)))),
]


@pytest.mark.parametrize(("program", "told"), LACKS)
def test_a_question_without_enough_behind_it_says_what_is_missing(program: g.Program, told: str) -> None:
    assert told in (lack(program) or "")


@pytest.mark.parametrize("program", ENOUGH)
def test_a_question_with_enough_behind_it_lacks_nothing(program: g.Program) -> None:
    assert lack(program) is None


def test_total_rows_are_few_and_still_left_out() -> None:
    profile = profile_of(TABLE, totals=(("only", "other"),))
    program = chain(g.Where("only", "!=", "other"), MEAN)
    assert lack(program, profile) is None
    assert "keeps 58 of 60 rows" in (lack(program) or "")
