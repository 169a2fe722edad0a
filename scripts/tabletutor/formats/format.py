"""What a converter is."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tabletutor.config.formats import FormatConfig
from tabletutor.formats.case import Case
from tabletutor.rows.row import Row


class Format(NamedTuple):
    """A training format: the type of its rows, the type of its knobs, and the function that makes the rows of a case,
    given the knobs and a seed. It is pure: the same arguments give the same rows.
    """

    row: type[Row]
    knobs: type[FormatConfig]
    rows: Callable[[Case, Any, int], Iterator[Row]]
