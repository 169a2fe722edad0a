"""Steps from rows to rows in Polars: conditions and rankings of rows."""

from typing import assert_never

import polars as pl

from tabletutor.programs import grammar as g
from tabletutor.programs.answers import to_answer
from tabletutor.programs.polars_engine.comparison import compare
from tabletutor.programs.polars_engine.ranking import top_rows


def filter_rows(step: g.Filter, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that a step keeps, in its order."""
    match step:
        case g.Top():
            return frame[top_rows(frame.get_column(step.column), step.n, step.direction)]
        case g.Sort():
            raise NotImplementedError
        case _:
            return frame.filter(_mask(step, frame))


def _mask(step: g.Condition, frame: pl.DataFrame) -> pl.Series:
    if isinstance(step, g.Repeated):
        raise NotImplementedError
    series = frame.get_column(step.column)
    match step:
        case g.Where():
            return compare(series, step.comparison, step.value)
        case g.OneOf():
            return series.is_in(set(step.values))
        case g.Contains():
            return series.str.contains(step.text, literal=True)
        case g.Missing():
            return series.is_not_null() if step.negated else series.is_null()
        case g.BeyondStatistic():
            statistic = series.mean() if step.statistic == "mean" else series.median()
            if statistic is None:  # no values, so no rows
                return series.is_not_null()
            return compare(series, step.comparison, float(to_answer(statistic)))
        case g.Outliers():
            raise NotImplementedError
        case _:
            assert_never(step)
