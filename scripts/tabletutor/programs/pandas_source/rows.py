"""Steps from rows to rows as pandas source: conditions and rankings of rows."""

from typing import assert_never

from tabletutor.programs import grammar as g


def comparison(column: str, comparison: str, value: float | str | bool, frame: str) -> str:
    """Return the expression for whether each value of a column fulfils a comparison."""
    series = f"{frame}[{column!r}]"
    test = f"{series} {comparison} {value!r}"
    return f"{series}.notna() & ({test})" if comparison == "!=" else test


def filter_rows(step: g.Filter, frame: str) -> str:
    """Return the expression for the rows of `frame` that a step keeps."""
    match step:
        case g.Where():
            return f"{frame}[{comparison(step.column, step.comparison, step.value, frame)}]"
        case g.OneOf():
            return f"{frame}[{frame}[{step.column!r}].isin({list(step.values)!r})]"
        case g.Contains():
            return f"{frame}[{frame}[{step.column!r}].str.contains({step.text!r}, regex=False, na=False)]"
        case g.Missing():
            return f"{frame}[{frame}[{step.column!r}].{'notna' if step.negated else 'isna'}()]"
        case g.BeyondStatistic():
            series = f"{frame}[{step.column!r}]"
            return f"{frame}[{series} {step.comparison} {series}.{step.statistic}()]"
        case g.Top():
            return f"{frame}.n{step.direction}({step.n}, {step.column!r})"
        case g.Outliers() | g.Repeated() | g.Sort():
            raise NotImplementedError
        case _:
            assert_never(step)
