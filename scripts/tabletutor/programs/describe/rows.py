"""Steps from rows to rows in words."""

from typing import assert_never

from tabletutor.programs import grammar as g

TEXT_PARTS = {"length": "count the characters", "words": "count the words", "first_word": "get the first word"}


def filter_words(step: g.Filter) -> str:
    """Return what a step keeps, as an imperative clause."""
    match step:
        case g.Where():
            return f"keep rows where {step.column!r} {step.comparison} {step.value!r}"
        case g.OneOf():
            return f"keep rows where {step.column!r} is in {list(step.values)!r}"
        case g.Contains():
            return f"keep rows where {step.column!r} contains {step.text!r}"
        case g.Missing():
            return f"keep rows where {step.column!r} is {'present' if step.negated else 'missing'}"
        case g.BeyondStatistic():
            return f"keep rows where {step.column!r} {step.comparison} its {step.statistic}"
        case g.Top():
            return f"take the {step.n} rows with the {step.direction} {step.column!r}"
        case g.Outliers() | g.Repeated() | g.Sort():
            raise NotImplementedError
        case _:
            assert_never(step)


def derivation_words(step: g.Derivation) -> str:
    """Return how a new column is made, as an imperative clause."""
    match step:
        case g.DatePart():
            return f"get the {step.part} of {step.column!r}"
        case g.TextPart():
            return f"{TEXT_PARTS[step.part]} of {step.column!r}"
        case g.Arithmetic():
            return f"compute {step.left!r} {step.operator} {step.right!r}"
        case g.DaysBetween():
            return f"get the days from {step.start!r} to {step.end!r}"
        case g.Bin() | g.RankWithin() | g.Period() | g.Scale() | g.Impute() | g.Running():
            raise NotImplementedError
        case _:
            assert_never(step)
