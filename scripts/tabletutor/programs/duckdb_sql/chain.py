"""A chain of common table expressions under construction."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tabletutor.programs import grammar as g
from tabletutor.programs.typecheck import Kind

TIE = "1e-9::DOUBLE"
ORDER = {"largest": "DESC", "smallest": "ASC"}


class Column(NamedTuple):
    """A column's name in SQL and its kind."""

    name: str
    kind: Kind


class Statement(NamedTuple):
    """A query and its parameters ($1 is the first)."""

    sql: str
    parameters: tuple[Any, ...]


class Chain:
    """The common table expressions so far, their parameters, and the checks to run before them."""

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self.table = dict(columns)
        self.columns = dict(columns)
        self.expressions: list[str] = []
        self.parameters: list[Any] = []
        self.source = "t"
        self.inexact = False  # whether the values of the groups are floating point
        self.checks: list[Statement] = []

    def bind(self, value: Any) -> str:
        """Return the placeholder of a parameter with this value."""
        self.parameters.append(value)
        return f"${len(self.parameters)}"

    def push(self, select: str) -> None:
        """Make the result of `select` the new source."""
        self.source = f"s{len(self.expressions)}"
        self.expressions.append(f"{self.source} AS ({select})")

    def statement(self, select: str) -> Statement:
        """Return `select` as a query with all expressions so far."""
        head = f"WITH {', '.join(self.expressions)} " if self.expressions else ""
        return Statement(head + select, tuple(self.parameters))

    def wide(self, column: str) -> str:
        """Return the SQL type in which a column is computed without overflow."""
        return "DOUBLE" if self.columns[column].kind == "number" else "HUGEINT"

    def check_ranks(self, value: str, inexact: bool, direction: g.Direction, first: int, last: int) -> None:
        """Add a check that the values ranked `first` to `last` exist and differ from their neighbours."""
        tie = is_tie("value", "lag(value) OVER ranking", inexact)
        bound = len(self.parameters)
        lowest, highest = self.bind(first), self.bind(last)
        self.checks.append(
            self.statement(
                f"SELECT CASE WHEN count(*) < {highest} THEN 'no_answer' "
                f"WHEN bool_or(tied) FILTER (WHERE rank >= {lowest} AND rank <= {highest} + 1) THEN 'tie' END FROM "
                f"(SELECT row_number() OVER ranking AS rank, {tie} AS tied "
                f"FROM (SELECT {value} AS value FROM {self.source}) WHERE value IS NOT NULL "
                f"WINDOW ranking AS (ORDER BY value {ORDER[direction]}))"
            )
        )
        del self.parameters[bound:]  # only the check uses them

    def check_finite(self, value: str) -> None:
        """Add a check that no value of an expression over the source is infinite or NaN."""
        select = f"SELECT CASE WHEN bool_or(NOT isfinite(value)) THEN 'no_answer' END FROM (SELECT {value} AS value "
        self.checks.append(self.statement(f"{select} FROM {self.source})"))


def is_tie(one: str, other: str, inexact: bool) -> str:
    """Return the expression for whether two values are equal; floats within a relative 1e-9."""
    return f"abs({one} - {other}) <= {TIE} * greatest(abs({one}), abs({other}))" if inexact else f"{one} = {other}"
