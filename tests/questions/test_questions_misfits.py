"""Programs whose columns do not belong together, and programs whose columns do."""

import polars as pl
import pytest
from msgspec.structs import replace

from tabletutor.programs import grammar as g
from tabletutor.questions.family import chain
from tabletutor.questions.misfits import find_misfit
from tabletutor.records.table import ColumnSum
from tests.support.profiles import profile_of

TABLE = pl.DataFrame(
    {
        **{name: [1.0, 2.0, 3.0] for name in ("Score 2021", "Score 2022", "Error 2021", "Error 2022", "pay", "age")},
        "day": [None, None, None],
    },
    schema_overrides={"day": pl.Datetime("us")},
)
PROFILE = replace(
    profile_of(TABLE, roles={"day": "date"}),
    sums=(ColumnSum("pay", ("Score 2021", "age")), ColumnSum("age", ("x", "y"))),
)
MEAN = g.Aggregate("pay", "mean")
OLD, RICH = g.Where("age", ">", 1), g.Where("pay", ">", 1)


@pytest.mark.parametrize(
    ("program", "fault"),
    [
        (chain(g.Where("Error 2022", ">", 1), g.Aggregate("Score 2021", "mean")), "different years"),
        (chain(g.Where("Score 2022", ">", 1), g.Aggregate("Score 2021", "mean")), "different years"),
        (chain(g.Correlation("Error 2022", "Score 2021")), "different years"),
        (chain(g.Top("Score 2021", 5, "largest"), g.Aggregate("Score 2022", "mean")), "different years"),
        (chain(OLD, RICH, g.Aggregate("Score 2021", "mean")), "conditions on 2 measures"),
        (chain(OLD, g.Aggregate("day", "max")), "first or last 'day'"),
        (chain(g.Missing("age"), MEAN), "with or without 'age'"),
        (chain(g.Correlation("age", "pay")), "'pay' is the sum of 'age'"),
        (chain(g.StrongestPair(("age", "pay", "Error 2021"))), "'pay' is the sum of 'age'"),
        (chain(g.Arithmetic("pay", "-", "age", "d"), g.Aggregate("d", "mean")), "'pay' is the sum of 'age'"),
        (chain(g.Top("pay", 5, "largest"), g.Aggregate("age", "mean")), "is the sum of 'age'"),
        (chain(g.Where("day", ">", "2020-01-01"), g.Aggregate("day", "max")), "that a date picks"),
        (chain(g.Arithmetic("age", "/", "pay", "share"), g.Aggregate("share", "mean")), None),
        (chain(g.Where("Error 2022", ">", 1), g.Aggregate("Score 2022", "mean")), None),
        (chain(g.Correlation("Score 2022", "Score 2021")), None),
        (chain(OLD, RICH, g.Count()), None),
        (chain(OLD, g.Where("age", "<", 3), MEAN), "one is a part of the other"),
        (chain(g.Lookup("pay", "largest", "age")), "one is a part of the other"),
        (chain(OLD, g.Where("age", "<", 3), g.Aggregate("Score 2021", "mean")), None),
        (chain(OLD, g.Share("pay", ">", 2)), None),
        (chain(g.Missing("age"), g.Count()), None),
        (chain(g.Aggregate("day", "max")), None),
    ],
)
def test_columns_of_one_question_belong_together(program: g.Program, fault: str | None) -> None:
    found = find_misfit(program, PROFILE)
    assert found is None if fault is None else fault in (found or "")


@pytest.mark.parametrize(
    "last",
    [g.Group("day", "count"), g.Aggregate("day", "nunique"), g.MostFrequent("day"), g.Pivot("day", "x", "count")],
)
def test_days_of_the_month_are_no_groups_beside_the_month(last: g.Step) -> None:
    table = pl.DataFrame({"day": [1, 15, 31], "month": [5, 6, 7], "x": ["a", "b", "c"]})
    parts = profile_of(table, roles={"day": "date_part", "month": "date_part"})
    assert "day of the month" in (find_misfit(chain(last), parts) or "")
    assert find_misfit(chain(g.Where("day", ">", 3), g.Count()), parts) is None
    alone = profile_of(table.drop("month"), roles={"day": "date_part"})
    assert find_misfit(chain(last), alone) is None
