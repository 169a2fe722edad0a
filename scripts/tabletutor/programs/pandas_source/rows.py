"""Steps from rows to rows as pandas source: conditions and orders of rows."""

import re
from typing import assert_never

from tabletutor.programs import grammar as g


def comparison(column: str, comparison: str, value: float | str | bool, frame: str) -> str:
    """Return the expression for whether each value of a column fulfils a comparison."""
    series = f"{frame}[{column!r}]"
    test = f"{series} {comparison} {value!r}"
    return f"{series}.notna() & ({test})" if comparison == "!=" else test


def filter_preparation(step: g.Filter, frame: str) -> tuple[str, ...]:
    """Return the lines of code before the expression for the rows that a step keeps."""
    if not isinstance(step, g.Outliers):
        return ()
    series = f"{frame}[{step.column!r}]"
    if step.method == "zscore":
        return (f"z = ({series} - {series}.mean()) / {series}.std()",)
    return (f"q1, q3 = {series}.quantile([0.25, 0.75])", "margin = 1.5 * (q3 - q1)")


def filter_rows(step: g.Filter, frame: str, derived: list[str]) -> str:
    """Return the expression for the rows of `frame` that a step keeps. `derived` are the columns added to the frame."""
    match step:
        case g.Where():
            return f"{frame}[{comparison(step.column, step.comparison, step.value, frame)}]"
        case g.OneOf():
            return f"{frame}[{frame}[{step.column!r}].isin({list(step.values)!r})]"
        case g.Contains():
            return f"{frame}[{_contains(step, f'{frame}[{step.column!r}]')}]"
        case g.Missing():
            return f"{frame}[{frame}[{step.column!r}].{'notna' if step.negated else 'isna'}()]"
        case g.BeyondStatistic():
            series = f"{frame}[{step.column!r}]"
            return f"{frame}[{series} {step.comparison} {series}.{step.statistic}()]"
        case g.Outliers():
            return f"{frame}[{_outliers(step, f'{frame}[{step.column!r}]')}]"
        case g.Repeated():
            return _repeated(step, frame, derived)
        case g.Top():
            return f"{frame}.n{step.direction}({step.n}, {step.column!r})"
        case g.Sort():
            return f"{frame}.dropna(subset=[{step.column!r}]).sort_values({step.column!r})"
        case _:
            assert_never(step)


def _contains(step: g.Contains, series: str) -> str:
    text = step.text
    if step.ignore_case:
        series, text = f"{series}.str.lower()", text.lower()
    if not step.whole_word:
        return f"{series}.str.contains({text!r}, regex=False, na=False)"
    literal = re.escape(text).replace("\\ ", " ")
    plain = re.fullmatch(r"\w|\w.*\w", text, re.DOTALL)
    pattern = rf"\b{literal}\b" if plain else rf"(?<!\w){literal}(?!\w)"
    return f"{series}.str.contains({_pattern(pattern)}, na=False)"


def _pattern(pattern: str) -> str:
    """Return a regular expression that does not end with a backslash as a literal, raw where possible."""
    raw = "'" not in pattern and pattern.isprintable()
    return f"r'{pattern}'" if raw else repr(pattern)


def _outliers(step: g.Outliers, series: str) -> str:
    if step.method == "iqr" and step.negated:
        return f"{series}.between(q1 - margin, q3 + margin)"
    if step.method == "iqr":
        return f"({series} < q1 - margin) | ({series} > q3 + margin)"
    return f"{series}.notna() & ~(z.abs() > 3)" if step.negated else "z.abs() > 3"


def _repeated(step: g.Repeated, frame: str, derived: list[str]) -> str:
    if step.columns:
        columns = f"{list(step.columns)!r}"
    else:
        columns = f"{frame}.columns.drop({derived!r})" if derived else ""
    if step.negated:
        return f"{frame}.drop_duplicates({columns})"
    return f"{frame}[{frame}.duplicated({columns})]"
