"""Check the aggregates of a column, of all rows or by group."""

from tabletutor.programs import grammar as g
from tabletutor.programs.typecheck.kinds import ANY, NUMERIC, ORDERED, Columns, IllTypedError, Kind, require


def aggregate_kind(step: g.Aggregate | g.Group | g.Pivot, column: str, columns: Columns) -> Kind:
    """Return the kind of an aggregate. Raises `IllTypedError` if the column does not have it."""
    if step.aggregation in ("nunique", "count", "nunique_with_missing"):
        require(step, columns, column, ANY)
        return "integer"
    if step.aggregation in ("min", "max"):
        return require(step, columns, column, ORDERED)
    kind = require(step, columns, column, NUMERIC)
    return kind if step.aggregation == "sum" else "number"


def grouped_kind(step: g.Group | g.Pivot, columns: Columns) -> Kind:
    """Return the kind of the aggregate of each group. Raises `IllTypedError` if the column does not have it."""
    if step.column is not None:
        return aggregate_kind(step, step.column, columns)
    if step.aggregation != "count":
        raise IllTypedError(f"{step}: {step.aggregation} needs a column")
    return "integer"
