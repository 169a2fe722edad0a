"""Groups of which a condition leaves no row: the text says that they are left out."""

from typing import Any

import polars as pl
import pytest

from tabletutor.programs import grammar as g
from tabletutor.programs import polars_engine
from tabletutor.questions.readings.lost_groups import lost_groups
from tests.support.profiles import profile_of

TABLE = pl.DataFrame(
    {
        "breed": ["Jersey", "Ayrshire", "Canadian", "Jersey"] * 3,
        "age": ["old", "young"] * 6,
        "fat": [5.0, 4.0, 4.5, 6.0] * 3,
    }
)
PROFILE = profile_of(TABLE)
BY_BREED = g.Group("breed", "mean", "fat")
ALL = g.GroupMapping()
FAT, OLD, NO_JERSEY = g.Where("fat", ">", 4.2), g.Where("age", "==", "old"), g.Where("breed", "!=", "Jersey")


@pytest.mark.parametrize(
    ("steps", "lost"),
    [
        ((FAT, BY_BREED, ALL), True),
        ((FAT, g.Group("breed", "count"), g.GroupShares(), ALL), True),
        ((FAT, g.Pivot("breed", "age", "count")), True),
        ((OLD, g.Pivot("breed", "age", "mean", "fat")), True),
        ((g.Pivot("breed", "age", "mean", "fat"),), True),
        ((BY_BREED, ALL), False),
        ((NO_JERSEY, BY_BREED, ALL), False),
        ((FAT, g.Group("age", "count"), ALL), False),
        ((FAT, BY_BREED, g.BestGroup("largest")), False),
    ],
)
def test_a_condition_that_empties_a_group_of_a_mapping_needs_a_clause(steps: tuple[g.Step, ...], lost: bool) -> None:
    def run(program: g.Program) -> Any:
        return polars_engine.run(program, TABLE)

    found = list(lost_groups(g.Program(steps), PROFILE, run))
    assert [reading.name for reading in found] == ["empty_group"] * lost
    assert all(reading.differs and "left out" in reading.clause[1] for reading in found)
