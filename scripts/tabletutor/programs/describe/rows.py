"""Steps from rows to rows in words."""

from typing import assert_never

from tabletutor.programs import grammar as g

TEXT_PARTS = {"length": "count the characters", "words": "count the words", "first_word": "get the first word"}
IMPUTED = {"mean": "the mean", "median": "the median", "zero": "0", "forward": "the last value before"}


def filter_words(step: g.Filter) -> str:
    """Return what a step keeps, as an imperative clause."""
    match step:
        case g.Where():
            return f"keep rows where {step.column!r} {step.comparison} {step.value!r}"
        case g.OneOf():
            return f"keep rows where {step.column!r} is in {list(step.values)!r}"
        case g.Contains():
            how = " in any case" if step.ignore_case else ""
            word = "the whole word " if step.whole_word else ""
            return f"keep rows where {step.column!r} contains {word}{step.text!r}{how}"
        case g.Missing():
            return f"keep rows where {step.column!r} is {'present' if step.negated else 'missing'}"
        case g.BeyondStatistic():
            return f"keep rows where {step.column!r} {step.comparison} its {step.statistic}"
        case g.Top():
            return f"take the {step.n} rows with the {step.direction} {step.column!r}"
        case g.Outliers():
            rule = (
                "more than 3 standard deviations off"
                if step.method == "zscore"
                else "beyond 1.5 IQR from the quartiles"
            )
            return f"{'drop' if step.negated else 'keep'} outliers of {step.column!r} ({rule})"
        case g.Repeated():
            of = f" in {list(step.columns)!r}" if step.columns else ""
            return f"drop repeated rows{of}" if step.negated else f"keep rows that repeat an earlier row{of}"
        case g.Sort():
            return f"sort by {step.column!r}"
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
        case g.Bin():
            return f"bin {step.column!r} at {list(step.edges)!r} into {list(step.labels)!r}"
        case g.RankWithin():
            within = "" if step.by is None else f" within each {step.by!r}"
            return f"rank {step.column!r}{within}, {step.direction} first"
        case g.Period():
            return f"get the {step.unit} of {step.column!r} as a period"
        case g.Scale():
            return f"scale {step.column!r} {'to z-scores' if step.method == 'zscore' else 'from 0 to 1'}"
        case g.Impute():
            return f"fill missing {step.column!r} with {IMPUTED[step.method]}"
        case g.Running():
            return f"take {running_words(step)} of {step.column!r} from row to row"
        case _:
            assert_never(step)


def running_words(step: g.Running | g.Along) -> str:
    """Return what is computed along rows or groups, as a noun phrase."""
    match step.operation:
        case "rolling_mean":
            return f"the rolling mean over {step.n}"
        case "cumulative":
            return "the cumulative sum"
        case "change":
            return "the change"
        case "percent_change":
            return "the percent change"
        case _:
            assert_never(step.operation)
