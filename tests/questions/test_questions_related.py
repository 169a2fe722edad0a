"""Two measures of a question are a pair: related, but not one to one."""

from collections.abc import Callable

import polars as pl
import pytest

from tabletutor.programs import grammar as g
from tabletutor.programs import polars_engine
from tabletutor.questions.rare_statistics import is_far_fetched, rare_statistic
from tabletutor.questions.related import find_unrelated

ROWS = range(40)
TABLE = pl.DataFrame(
    {
        "bill": list(ROWS),
        "tip": [row + 17 * (row % 3) for row in ROWS],
        "tax": [2 * row for row in ROWS],
        "door": [row * 11 % 40 for row in ROWS],
    }
)
BANDS = g.Bin("bill", (10, 20), ("low", "middle", "high"), "band")


def top(measure: str) -> g.Program:
    return g.Program((g.Top("bill", 10, "largest"), g.Aggregate(measure, "mean")))


def bands(measure: str) -> g.Program:
    return g.Program((BANDS, g.Group("band", "mean", measure), g.BestGroup("largest")))


@pytest.mark.parametrize("ask", [top, bands])
def test_only_related_measures_are_asked_about_together(ask: Callable[[str], g.Program]) -> None:
    faults = {
        name: find_unrelated(ask(name), lambda program: polars_engine.run(program, TABLE)) for name in TABLE.columns[1:]
    }
    assert faults["tip"] is None
    assert "hardly related" in (faults["door"] or "")
    assert "ranks" in (faults["tax"] or "")


def test_a_rare_statistic_is_asked_about_all_rows_or_those_of_one_category() -> None:
    kurtosis = g.Program((g.Aggregate("tip", "kurt"),))
    assert not is_far_fetched(kurtosis, ())
    assert not is_far_fetched(kurtosis, ("is",))
    assert is_far_fetched(kurtosis, ("above",))
    assert is_far_fetched(kurtosis, ("is", "is_not"))
    assert not is_far_fetched(g.Program((g.Aggregate("tip", "mean"),)), ("above", "is"))
    values = g.Program((g.Aggregate("tip", "nunique"),))
    assert is_far_fetched(values, ("above",))
    assert not any(is_far_fetched(values, kinds) for kinds in ((), ("is",), ("year_from",)))
    ranks = g.Correlation("tip", "bill", "spearman")
    assert rare_statistic(g.Program((ranks,))) is None
    assert rare_statistic(g.Program((g.Where("tax", ">", 3), ranks))) == "Spearman"
