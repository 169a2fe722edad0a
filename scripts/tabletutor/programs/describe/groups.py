"""Steps that make, change and reduce groups in words."""

from typing import assert_never

from tabletutor.programs import grammar as g
from tabletutor.programs.describe.aggregates import aggregate_words, aggregation_words
from tabletutor.programs.describe.rows import running_words


def group_words(step: g.Group | g.GroupChange | g.GroupReduction) -> str:
    """Return what a step does with groups, as an imperative clause."""
    match step:
        case g.Group(column=None):
            return f"count the rows by {step.by!r}"
        case g.Group():
            return f"{aggregate_words(step.aggregation, step.column or '')} by {step.by!r}"
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
        case g.GroupShares():
            return "turn the groups into percentages of their sum"
        case g.Along():
            return f"take {running_words(step)} from group to group"
        case g.GroupStatistic():
            return f"{aggregation_words(step.statistic)} the groups"
        case g.GroupValue():
            return f"take the value of group {step.name!r}"
        case _:
            assert_never(step)
