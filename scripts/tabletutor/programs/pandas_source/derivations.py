"""New columns as pandas source."""

from typing import assert_never

from tabletutor.programs import grammar as g

DATE_PARTS = {
    "year": "dt.year",
    "month": "dt.month",
    "quarter": "dt.quarter",
    "day": "dt.day",
    "hour": "dt.hour",
    "weekday": "dt.day_name()",
}
TEXT_PARTS = {"length": "str.len()", "words": "str.split().str.len()", "first_word": "str.split().str[0]"}
PERIODS = {"month": "M", "quarter": "Q", "year": "Y"}


def derivation(step: g.Derivation, frame: str) -> str:
    """Return the expression for the new column of `frame`."""
    match step:
        case g.DatePart():
            return f"{frame}[{step.column!r}].{DATE_PARTS[step.part]}"
        case g.TextPart():
            return f"{frame}[{step.column!r}].{TEXT_PARTS[step.part]}"
        case g.Arithmetic():
            plain = f"{frame}[{step.left!r}] {step.operator} {frame}[{step.right!r}]"
            return (
                f"{frame}[{step.left!r}] / {frame}[{step.right!r}].replace(0, np.nan)"
                if step.operator == "/"
                else plain
            )
        case g.DaysBetween():
            return f"({frame}[{step.end!r}] - {frame}[{step.start!r}]).dt.days"
        case g.Bin():
            edges = ", ".join(["-np.inf", *map(repr, step.edges), "np.inf"])
            cut = f"pd.cut({frame}[{step.column!r}], [{edges}], right=False, labels={list(step.labels)!r})"
            return f"{cut}.astype('str')"
        case g.RankWithin():
            groups = "" if step.by is None else f".groupby({step.by!r})"
            ascending = step.direction == "smallest"
            return f"{frame}{groups}[{step.column!r}].rank(method='min', ascending={ascending})"
        case g.Period():
            return f"{frame}[{step.column!r}].dt.to_period({PERIODS[step.unit]!r}).astype('str')"
        case g.Scale():
            return _scale(step, f"{frame}[{step.column!r}]")
        case g.Impute():
            return _impute(step, f"{frame}[{step.column!r}]")
        case g.Running():
            return running(step, f"{frame}[{step.column!r}].dropna()")
        case _:
            assert_never(step)


def running(step: g.Running | g.Along, series: str) -> str:
    """Return the expression for a sum or change along a series without missing values."""
    match step.operation:
        case "rolling_mean":
            return f"{series}.rolling({step.n}).mean()"
        case "cumulative":
            return f"{series}.cumsum()"
        case "change":
            return f"{series}.diff()"
        case "percent_change":
            return f"{series}.pct_change().replace([np.inf, -np.inf], np.nan) * 100"
        case _:
            assert_never(step.operation)


def _scale(step: g.Scale, series: str) -> str:
    if step.method == "zscore":
        return f"({series} - {series}.mean()) / {series}.std()"
    return f"({series} - {series}.min()) / ({series}.max() - {series}.min())"


def _impute(step: g.Impute, series: str) -> str:
    match step.method:
        case "mean" | "median":
            return f"{series}.fillna({series}.{step.method}())"
        case "zero":
            return f"{series}.fillna(0)"
        case "forward":
            return f"{series}.ffill()"
        case _:
            assert_never(step.method)
