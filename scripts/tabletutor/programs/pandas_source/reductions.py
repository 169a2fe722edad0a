"""Steps from rows to an answer as pandas source."""

from typing import assert_never

from tabletutor.programs import grammar as g
from tabletutor.programs.pandas_source.aggregates import aggregate
from tabletutor.programs.pandas_source.groups import aggregate_groups
from tabletutor.programs.pandas_source.hypothesis_tests import hypothesis_test, hypothesis_test_preparation
from tabletutor.programs.pandas_source.rows import comparison
from tabletutor.programs.pandas_source.statistics import statistic, statistic_preparation


def preparation(step: g.Reduction, frame: str) -> tuple[str, ...]:
    """Return the lines of code that must stand before the expression for an answer."""
    if isinstance(step, g.HypothesisTest):
        return hypothesis_test_preparation(step, frame)
    if isinstance(step, g.Statistic):
        return statistic_preparation(step, frame)
    match step:
        case g.Streak():
            return (f"hits = {_hits(step, frame)}",)
        case g.BestWithin():
            groups = f"{frame}.dropna(subset=[{step.column!r}]).groupby({step.by!r})"
            best = "idxmax" if step.direction == "largest" else "idxmin"
            return (f"best = {frame}.loc[{groups}[{step.column!r}].{best}()]",)
        case g.Pivot():
            cells = aggregate_groups(step, f"{frame}.groupby({[step.by, step.across]!r})")
            return (f"table = {cells}{'' if step.column is None else '.dropna()'}.unstack()",)
        case _:
            return ()


def reduction(step: g.Reduction, frame: str) -> str:
    """Return the expression for an answer from the rows of `frame`."""
    if isinstance(step, g.HypothesisTest):
        return hypothesis_test(step)
    if isinstance(step, g.Statistic):
        return statistic(step, frame)
    match step:
        case g.Count():
            return f"len({frame})"
        case g.Aggregate():
            return f"{frame}[{step.column!r}].{aggregate(step.aggregation)}"
        case g.Span():
            return f"{frame}[{step.column!r}].max() - {frame}[{step.column!r}].min()"
        case g.Share():
            return f"({_hits(step, frame)}).mean() * 100"
        case g.MissingShare():
            return f"{frame}[{step.column!r}].isna().mean() * 100"
        case g.MostFrequent():
            return f"{frame}[{step.column!r}].value_counts().idxmax()"
        case g.Lookup():
            best = "idxmax" if step.direction == "largest" else "idxmin"
            return f"{frame}.loc[{frame}[{step.column!r}].{best}(), {step.target!r}]"
        case g.ListOf():
            return f"{frame}[{step.column!r}].tolist()"
        case g.Distinct():
            return f"sorted({frame}[{step.column!r}].dropna().unique())"
        case g.Edge():
            return f"{frame}[{step.column!r}].iloc[{0 if step.place == 'first' else -1}]"
        case g.Streak():
            return "hits.groupby((~hits).cumsum()).sum().max()"
        case g.BestWithin():
            return f"best.set_index({step.by!r})[{step.target!r}].to_dict()"
        case g.Pivot():
            return "{name: row.dropna().to_dict() for name, row in table.iterrows()}"
        case _:
            assert_never(step)


def _hits(step: g.Share | g.Streak, frame: str) -> str:
    """Return the expression for the rows that fulfil a comparison: none without a value.

    A missing boolean that is compared by == is missing, not false.
    """
    test = comparison(step.column, step.comparison, step.value, frame)
    return f"({test}).fillna(False)" if isinstance(step.value, bool) and step.comparison == "==" else test
