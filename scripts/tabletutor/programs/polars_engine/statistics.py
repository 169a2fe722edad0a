"""Quantiles, correlation and regression in Polars."""

from typing import Any

import polars as pl

from tabletutor.programs import grammar as g
from tabletutor.programs.answers import to_answer


def compute_statistic(step: g.Statistic, frame: pl.DataFrame) -> Any:
    """Return a statistic of the rows, as JSON."""
    match step:
        case g.Quantile():
            return to_answer(frame.get_column(step.column).quantile(step.q, interpolation="linear"))
        case g.Correlation():
            pairs = pl.DataFrame({"x": frame.get_column(step.left), "y": frame.get_column(step.right)}).drop_nulls()
            if any(pairs.get_column(axis).n_unique() < 2 for axis in "xy"):
                raise g.NoAnswer("no_answer", "a correlation needs two columns that vary")
            return to_answer(pairs.select(pl.corr("x", "y", method="pearson")).item())
        case _:
            raise NotImplementedError
