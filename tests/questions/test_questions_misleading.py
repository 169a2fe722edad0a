"""Words that a table makes misleading, and tables that they fit."""

import polars as pl
import pytest

from tabletutor.programs import grammar as g
from tabletutor.programs import polars_engine
from tabletutor.questions.misleading import find_misleading
from tests.support.profiles import profile_of

TABLE = pl.DataFrame(
    {
        "shop": ["a", "b", "c"] * 4 + ["d"],
        "kind": ["x", "y"] * 6 + ["x"],
        "gross": [10 * row for row in range(13)],
        "net": [7 * row for row in range(13)],
        "odd": [5] * 12 + [200],
        "open": [row // 3 % 2 for row in range(13)],
    }
)

PROFILE = profile_of(TABLE)
CHEAP = g.Where("odd", "<", 200)


def difference(left: str, right: str, aggregation: g.Aggregation) -> g.Program:
    return g.Program((g.Arithmetic(left, "-", right, "gap"), g.Aggregate("gap", aggregation)))


def best_of_each(by: str, column: str) -> g.Program:
    return g.Program(
        (g.RankWithin(column, by, "largest", "rank"), g.Where("rank", "==", 1), g.Aggregate("net", "mean"))
    )


@pytest.mark.parametrize(
    ("program", "why"),
    [
        (difference("net", "gross", "max"), "the smallest difference is -36"),
        (difference("gross", "odd", "min"), "the smallest difference is -80"),
        (best_of_each("kind", "open"), "6 rows tie for the best of 2 groups"),
        (best_of_each("shop", "gross"), "a group has 1 rows"),
        (
            g.Program((CHEAP, g.Group("shop", "count"), g.BestGroup("smallest"))),
            "some values of 'shop' have no row left",
        ),
    ],
)
def test_words_that_do_not_fit_the_table_are_found(program: g.Program, why: str) -> None:
    assert (find_misleading(program, PROFILE, lambda other: polars_engine.run(other, TABLE)) or "").startswith(why)


@pytest.mark.parametrize(
    "program",
    [
        difference("gross", "net", "min"),
        difference("gross", "net", "max"),
        difference("gross", "odd", "mean"),
        best_of_each("kind", "gross"),
        g.Program((CHEAP, g.Group("shop", "count"), g.BestGroup("largest"))),
        g.Program((CHEAP, g.Group("kind", "count"), g.BestGroup("smallest"))),
        g.Program((g.Where("shop", "!=", "d"), g.Group("shop", "count"), g.BestGroup("smallest"))),
    ],
)
def test_words_that_fit_the_table_are_left_alone(program: g.Program) -> None:
    assert find_misleading(program, PROFILE, lambda other: polars_engine.run(other, TABLE)) is None
