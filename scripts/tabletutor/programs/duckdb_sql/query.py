"""The query for the answer of a chain."""

from typing import Literal, NamedTuple

Shape = Literal["scalar", "list", "mapping", "table"]


class Query(NamedTuple):
    """A SELECT over the last expression of a chain.

    It returns one cell ("scalar"), one column ("list"), pairs ("mapping") or triples ("table").
    """

    select: str
    shape: Shape = "scalar"
