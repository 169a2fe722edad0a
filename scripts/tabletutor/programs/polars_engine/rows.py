"""Steps from rows to rows in Polars: conditions and orders of rows."""

from typing import assert_never

import polars as pl

from tabletutor.programs import grammar as g
from tabletutor.programs.answers import to_answer
from tabletutor.programs.polars_engine.comparison import compare
from tabletutor.programs.polars_engine.ranking import top_rows


def filter_rows(step: g.Filter, frame: pl.DataFrame, headers: list[str]) -> pl.DataFrame:
    """Return the rows that a step keeps, in its order. `headers` are the columns of the table, without derived ones."""
    match step:
        case g.Top():
            return frame[top_rows(frame.get_column(step.column), step.n, step.direction)]
        case g.Sort():
            series = frame.get_column(step.column)
            return frame[top_rows(series, series.count(), "smallest")]
        case g.Repeated():
            return frame.filter(_is_repeated(step, pl.DataFrame([frame[header] for header in step.columns or headers])))
        case _:
            return frame.filter(_mask(step, frame.get_column(step.column)))


def _mask(step: g.ColumnCondition, series: pl.Series) -> pl.Series:
    """Return whether each row fulfils the condition; missing counts as no."""
    match step:
        case g.Where():
            lowered = step.ignore_case and isinstance(step.value, str)
            fulfils = (
                compare(_lower(series), step.comparison, str(step.value).lower())
                if lowered
                else compare(series, step.comparison, step.value)
            )
            return fulfils.fill_null(value=True) if step.or_missing else fulfils
        case g.OneOf():
            if step.ignore_case:
                return _lower(series).is_in({value.lower() for value in step.values})
            return series.is_in(set(step.values))
        case g.Contains():
            return _contains(step, series)
        case g.Missing():
            return series.is_not_null() if step.negated else series.is_null()
        case g.BeyondStatistic():
            statistic = series.mean() if step.statistic == "mean" else series.median()
            if statistic is None:  # no values, so no rows
                return series.is_not_null()
            return compare(series, step.comparison, float(to_answer(statistic)))
        case g.Outliers():
            outlying = _is_outlier(step, series.cast(pl.Float64))
            return ~outlying if step.negated else outlying
        case _:
            assert_never(step)


def _lower(series: pl.Series) -> pl.Series:
    lowered = [value if value is None else value.lower() for value in series.to_list()]
    return pl.Series(lowered, dtype=pl.String)


def _contains(step: g.Contains, series: pl.Series) -> pl.Series:
    text = step.text.lower() if step.ignore_case else step.text
    series = _lower(series) if step.ignore_case else series
    if not step.whole_word:
        return series.str.contains(text, literal=True)
    found = [value if value is None else _has_word(value, text) for value in series.to_list()]
    return pl.Series(found, dtype=pl.Boolean)


def _has_word(value: str, word: str) -> bool:
    """Return whether `word` occurs in `value` without a letter, digit or underscore on either side."""
    start = value.find(word)
    while start >= 0:
        beside = value[max(start - 1, 0) : start] + value[start + len(word) : start + len(word) + 1]
        if not any(character.isalnum() or character == "_" for character in beside):
            return True
        start = value.find(word, start + 1)
    return False


def _is_outlier(step: g.Outliers, series: pl.Series) -> pl.Series:
    """Return whether each value is an outlier; missing for a missing value."""
    if series.n_unique() - (series.null_count() > 0) < 2:
        return series != series
    if step.method == "zscore":
        mean, deviation = series.mean(), series.std(ddof=0 if step.population else 1)
        return (series - float(to_answer(mean))).abs() > 3 * float(to_answer(deviation))
    low, high = (float(to_answer(series.quantile(q, interpolation="linear"))) for q in (0.25, 0.75))
    margin = 1.5 * (high - low)
    return (series < low - margin) | (series > high + margin)


def _is_repeated(step: g.Repeated, columns: pl.DataFrame) -> pl.Series:
    """Return whether each row repeats an earlier one (with `every`: any other one), or with `negated` whether not."""
    repeated = columns.is_duplicated() if step.every else ~columns.to_struct().is_first_distinct()
    return ~repeated if step.negated else repeated
