"""Profiles of small tables made by hand."""

from typing import Any

import polars as pl

from tabletutor.records.table import ColumnProfile, Kind, Role, Source, TableProfile, Total
from tabletutor.tables.kinds import Column
from tabletutor.tables.profile import profile_column
from tabletutor.tables.roles.finding import Finding

KINDS: dict[Any, Kind] = {
    pl.Int64: "integer",
    pl.Float64: "number",
    pl.Boolean: "boolean",
    pl.String: "category",
    pl.Datetime("us"): "datetime",
}


def profile_of(
    frame: pl.DataFrame,
    kinds: dict[str, Kind] | None = None,
    roles: dict[str, Role] | None = None,
    totals: tuple[tuple[str, str], ...] = (),
) -> TableProfile:
    """Return the profile of a frame; the kinds and roles that are not given follow from the types."""
    columns: list[ColumnProfile] = []
    for name in frame.columns:
        kind = (kinds or {}).get(name, KINDS[frame.schema[name]])
        role = (roles or {}).get(name, "category" if kind == "category" else "additive")
        column = Column(name, kind, frame.get_column(name), None, ())
        columns.append(profile_column(column, Finding(role, "by hand")))
    source = Source("t.csv", 1, "utf-8", {})
    found = tuple(Total(column, value, "by hand") for column, value in totals)
    return TableProfile("t", "00", source, frame.height, tuple(columns), totals=found)
