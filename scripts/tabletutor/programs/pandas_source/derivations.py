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
        case g.Bin() | g.RankWithin() | g.Period() | g.Scale() | g.Impute() | g.Running():
            raise NotImplementedError
        case _:
            assert_never(step)
