"""The query for the answer of a chain."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

Shape = Literal["scalar", "list", "mapping", "table", "row"]


class Query(NamedTuple):
    """A SELECT over the last expression of a chain.

    It returns one cell ("scalar"), one column ("list"), pairs ("mapping") or triples ("table"). From a
    single row of numbers ("row"), `finish` computes a scalar, or None for no answer; without a row there is none.
    """

    select: str
    shape: Shape = "scalar"
    finish: Callable[[tuple[Any, ...]], float | bool | None] | None = None
