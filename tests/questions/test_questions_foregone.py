"""Answers that the design of a table gives."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from tabletutor.programs import grammar as g
from tabletutor.programs import polars_engine
from tabletutor.questions.family import chain
from tabletutor.questions.foregone import find_foregone
from tabletutor.records.table import Role
from tests.support.profiles import profile_of

ROWS = range(120)
TABLE = pl.DataFrame(
    {
        "squad": [("Oslo", "Rome", "Bern", "Ulm")[row % 4] for row in ROWS],
        "place": ["left" if row % 30 == 0 else "right" for row in ROWS],
        "size": ["small" if row % 3 else "large" for row in ROWS],
        "pool": [row if row > 110 else 0 for row in ROWS],
        "snow": [row if row % 3 == 0 else 0 for row in ROWS],
        "pair": ["first" if row // 60 else "second" for row in ROWS],
        "early": [row % 3 == 0 for row in ROWS],
        "late": [row % 3 == 1 for row in ROWS],
        "open": [row % 2 == 0 for row in ROWS],
        "land": [("Norway", "Italy", "Italy", "Austria")[row % 4] for row in ROWS],
        "week": [1 + row // 4 for row in ROWS],
        "rain": [row + row % 3 for row in ROWS],
        "share": [0.1 * (row % 4) for row in ROWS],
        "ground": [row * 7 % 31 for row in ROWS],
        "upper": [row * 11 % 37 for row in ROWS],
        "living": [row * 7 % 31 + row * 11 % 37 for row in ROWS],
        "day": [datetime(2020, 1, 1) + timedelta(days=row) for row in ROWS],  # noqa: DTZ001
    },
    schema_overrides={"day": pl.Datetime("us")},
)
ROLES: dict[str, Role] = {"day": "date", "week": "date_part", "early": "flag", "late": "flag", "open": "flag"}
PROFILE = profile_of(TABLE, roles=ROLES)
BEST = g.BestGroup("largest")
MONTHS = g.Period("day", "month", "month")


def foregone(program: g.Program) -> str | None:
    def run(program: g.Program) -> Any:
        return polars_engine.run(program, TABLE)

    return find_foregone(program, PROFILE, run)


OSLO, ROME = (g.Where("squad", "==", name) for name in ("Oslo", "Rome"))


@pytest.mark.parametrize(
    ("program", "fault"),
    [
        (chain(g.Where("week", ">", 5), g.Top("rain", 3, "largest"), g.Count()), "say nearly the same"),
        (chain(g.Where("week", ">", 5), g.Lookup("rain", "largest", "squad")), "say nearly the same"),
        (chain(g.Where("week", ">", 5), g.Lookup("ground", "largest", "squad")), None),
        (chain(g.Group("squad", "count"), BEST), "the same number of rows, or nearly"),
        (chain(g.Where("place", "!=", "left"), g.Group("squad", "count"), BEST), "about the same number of rows"),
        (chain(MONTHS, g.Group("month", "count"), BEST), "about the same number of rows"),
        (chain(OSLO, g.Count()), "about the same number of rows"),
        (chain(g.MostFrequent("squad")), "about the same number of rows"),
        (g.Program((OSLO, g.Count()), (ROME, g.Count()), g.Join("difference")), "about the same number of rows"),
        (chain(g.Where("land", "==", "Italy"), g.Count()), "each 'squad' has a row for each 'week'"),
        (chain(g.Share("land", "==", "Italy")), "each 'squad' has a row for each 'week'"),
        (chain(g.Pivot("squad", "land", "mean", "ground")), "'squad' gives 'land'"),
        (chain(g.HypothesisTest("chi_square", "land", "p", by="squad")), "'squad' gives 'land'"),
        (chain(g.Where("share", ">", 0.2), g.Count()), None),
        (chain(g.Pivot("size", "land", "mean", "ground")), None),
        (chain(g.Where("pair", "!=", "first"), g.Count()), "has a row for each"),
        (chain(g.Share("pair", "==", "first")), "has a row for each"),
        (chain(OSLO, g.Where("pair", "==", "first"), g.Count()), "has a row for each"),
        (chain(g.Where("day", ">=", "2020-02-01"), g.Count()), "the same number of rows"),
        (chain(OSLO, g.Where("size", "==", "small"), g.Count()), None),
        (chain(g.Where("day", ">=", "2020-02-01"), g.Where("ground", ">", 11), g.Count()), None),
        (chain(g.Aggregate("pool", "mean")), "'pool' is 0"),
        (chain(g.Aggregate("snow", "median")), "'snow' is 0"),
        (chain(g.StrongestPair(("ground", "upper", "living"))), "'living' is the sum"),
        (chain(g.Pivot("early", "late", "count")), "'early' and 'late' are never both true"),
        (chain(g.Pivot("early", "open", "count")), None),
        (chain(g.Group("size", "count"), BEST), None),
        (chain(g.Where("size", "==", "large"), g.Group("squad", "count"), BEST), "the same number of rows, or nearly"),
        (chain(g.Where("ground", ">", 11), g.Where("upper", ">", 20), g.Group("squad", "count"), BEST), None),
        (chain(g.Group("squad", "mean", "ground"), BEST), None),
        (chain(g.Aggregate("snow", "mean")), None),
        (chain(g.StrongestPair(("ground", "upper", "snow"))), None),
    ],
)
def test_the_design_of_a_table_gives_no_answer(program: g.Program, fault: str | None) -> None:
    found = foregone(program)
    assert found is None if fault is None else fault in (found or "")
