"""Ties and rankings in Polars."""

import math
from collections.abc import Sequence
from typing import Any

import polars as pl

from tabletutor.programs import grammar as g

TIE = 1e-9


def is_tie(one: Any, other: Any) -> bool:
    """Return whether two values are equal, floats within what a different order of summation can change."""
    inexact = isinstance(one, float) or isinstance(other, float)
    return one == other or (inexact and math.isclose(one, other, rel_tol=TIE, abs_tol=0.0))


def refuse_ties(values: Sequence[Any], n: int, *, only_last: bool = False) -> None:
    """Raise NoAnswer unless the first `n` of the sorted `values` (or only the n-th) differ from their neighbours."""
    if len(values) < n:
        raise g.NoAnswer("no_answer", f"{n} wanted, there are {len(values)}")
    for index in range(max(n - 2, 0) if only_last else 0, min(n, len(values) - 1)):
        if is_tie(values[index], values[index + 1]):
            raise g.NoAnswer("tie", f"{values[index]!r} and {values[index + 1]!r} share a place")


def top_rows(series: pl.Series, n: int, direction: g.Direction) -> list[int]:
    """Return the row numbers of the `n` best values, best first."""
    order = series.arg_sort(descending=direction == "largest", nulls_last=True)[: series.count()]
    best = order[: n + 1]
    refuse_ties(series.gather(best).to_list(), n)
    return best[:n].to_list()


def best_groups(groups: pl.DataFrame, direction: g.Direction, n: int, *, only_last: bool = False) -> list[Any]:
    """Return the names of the `n` best groups, best first."""
    ordered = groups.sort("value", descending=direction == "largest", maintain_order=True)
    refuse_ties(ordered.get_column("value").to_list(), n, only_last=only_last)
    return ordered.get_column("name").to_list()[:n]
