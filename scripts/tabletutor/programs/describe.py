"""A program in a few plain words: what a teacher thinks before a cell, and the hint of a question."""

from tabletutor.models.prompt import header_label
from tabletutor.programs import grammar as g

_JOINS = {
    "difference": "subtract right from left",
    "ratio": "divide left by right",
    "percent": "take left as a percentage of right",
    "greater": "test if left is greater",
    "larger_name": "name the larger one",
}


def describe(program: g.Program) -> str:
    """The whole program in one sentence."""
    if program.join is None:
        return _sentence([step_words(step) for step in program.steps])
    steps = [*_clauses(program.steps, "left: "), *_clauses(program.other, "right: "), join_words(program.join)]
    return _sentence([*steps, *(step_words(step) for step in program.after)])


def join_words(join: g.Join) -> str:
    """What a join does."""
    return _JOINS[join.operator]


def step_words(step: g.Step) -> str:
    """What one step does, as an imperative clause."""
    match step:
        case g.Where():
            return f"keep rows where {_name(step.column)} {step.comparison} {step.value!r}"
        case g.OneOf():
            return f"keep rows where {_name(step.column)} is in {list(step.values)!r}"
        case g.Contains():
            return f"keep rows where {_name(step.column)} contains {step.text!r}"
        case g.Missing():
            return f"keep rows where {_name(step.column)} is {'present' if step.negated else 'missing'}"
        case g.BeyondStatistic():
            return f"keep rows where {_name(step.column)} {step.comparison} its {step.statistic}"
        case g.Top():
            return f"take the {step.n} rows with the {step.direction} {_name(step.column)}"
        case g.DatePart():
            return f"get the {step.part} of {_name(step.column)}"
        case g.TextPart():
            return f"get the {step.part.replace('_', ' ')} of {_name(step.column)}"
        case g.Arithmetic():
            return f"compute {_name(step.left)} {step.operator} {_name(step.right)}"
        case g.DaysBetween():
            return f"get the days from {_name(step.start)} to {_name(step.end)}"
        case g.Count():
            return "count the rows"
        case g.Group():
            value = "count rows" if step.column is None else f"take the {step.aggregation} of {_name(step.column)}"
            return f"{value} by {_name(step.by)}"
        case g.Round():
            return f"round to {step.decimals} decimals"
        case _:
            return _reduction_words(step)


def _reduction_words(step: g.Step) -> str:
    match step:
        case g.Aggregate():
            return f"take the {step.aggregation} of {_name(step.column)}"
        case g.Quantile():
            return f"take the {step.q} quantile of {_name(step.column)}"
        case g.Span():
            return f"take max minus min of {_name(step.column)}"
        case g.Share():
            return f"take the percentage of rows where {_name(step.column)} {step.comparison} {step.value!r}"
        case g.MissingShare():
            return f"take the percentage of rows where {_name(step.column)} is missing"
        case g.MostFrequent():
            return f"find the most frequent {_name(step.column)}"
        case g.Lookup():
            return f"find the row with the {step.direction} {_name(step.column)} and read {_name(step.target)}"
        case g.ListOf():
            return f"list {_name(step.column)}"
        case g.Distinct():
            return f"list the distinct {_name(step.column)}"
        case g.Correlation():
            return f"correlate {_name(step.left)} with {_name(step.right)}"
        case _:
            return _group_words(step)


def _group_words(step: g.Step) -> str:
    match step:
        case g.Keep():
            return f"keep groups {step.comparison} {step.value!r}"
        case g.BestGroup(rank=1):
            return f"name the {step.direction} group"
        case g.BestGroup():
            return f"name group number {step.rank} from the {step.direction}"
        case g.BestValue():
            return f"take the {step.direction} value"
        case g.TopGroups():
            return f"list the {step.n} {step.direction} groups"
        case g.GroupCount():
            return "count the groups"
        case g.GroupSpread():
            return "take max minus min of the groups"
        case g.GroupShare():
            return "take the largest group as a percentage of all"
        case g.GroupNames():
            return "list the groups"
        case g.GroupMapping():
            return "give all groups"
        case _:
            raise TypeError(f"no words for {type(step).__name__}")


def _name(column: str) -> str:
    return header_label(column)


def _clauses(steps: tuple[g.Step, ...], prefix: str) -> list[str]:
    words = [step_words(step) for step in steps]
    return [prefix + words[0], *words[1:]]


def _sentence(clauses: list[str]) -> str:
    text = ", then ".join(clauses)
    return f"{text[:1].upper()}{text[1:]}."
