"""Steps from rows to groups, from groups to groups, and from groups to an answer."""

from typing import Literal

from tabletutor.programs.grammar.reductions import Aggregation
from tabletutor.programs.grammar.rows import Direction
from tabletutor.records.record import Record


class Group(Record, frozen=True, tag_field="op", tag="group"):
    """Frame → groups: `aggregation` of `column` for each value of `by`; without a column, the number of rows.

    A group whose values are all missing is left out. `with_missing` (for other readings only): the rows without a
    `by` form the group "NaN" too, and all names are text.
    """

    by: str
    aggregation: Aggregation
    column: str | None = None
    with_missing: bool = False


class Keep(Record, frozen=True, tag_field="op", tag="keep"):
    """Groups → groups: those whose number fulfils the comparison with `value`."""

    comparison: Literal[">", ">=", "<", "<="]
    value: int | float


class BestGroup(Record, frozen=True, tag_field="op", tag="best_group"):
    """Groups → category: the name of the group ranked `rank` (1 is best)."""

    direction: Direction
    rank: int = 1


class BestValue(Record, frozen=True, tag_field="op", tag="best_value"):
    """Groups → number: the largest or smallest group value (ties do not matter)."""

    direction: Direction


class TopGroups(Record, frozen=True, tag_field="op", tag="top_groups"):
    """Groups → list: the names of the `n` best groups, best first."""

    n: int
    direction: Direction


class GroupCount(Record, frozen=True, tag_field="op", tag="group_count"):
    """Groups → integer: how many groups there are."""


class GroupSpread(Record, frozen=True, tag_field="op", tag="group_spread"):
    """Groups → number: the largest group value minus the smallest."""


class GroupShare(Record, frozen=True, tag_field="op", tag="group_share"):
    """Groups → percentage (0 to 100): the largest group value as a share of the sum over all groups."""


class GroupNames(Record, frozen=True, tag_field="op", tag="group_names"):
    """Groups → set: the names of the groups."""


class GroupMapping(Record, frozen=True, tag_field="op", tag="group_mapping"):
    """Groups → mapping from the name of each group to its value."""


class GroupShares(Record, frozen=True, tag_field="op", tag="group_shares"):
    """Groups → groups: each value as a percentage (0 to 100) of the sum over all groups. No answer if the sum is 0."""


class Along(Record, frozen=True, tag_field="op", tag="along"):
    """Groups → groups, computed along the ascending order of their names (periods, years, bins).

    The operations are those of `running`, from one existing group to the next: a month without rows is no group. Names
    that are text, such as those of bins, are in the order of their code points. Groups without a value there (the
    first of a change, the first n - 1 of a rolling mean) are left out.
    """

    operation: Literal["rolling_mean", "cumulative", "change", "percent_change"]
    n: int | None = None


class GroupStatistic(Record, frozen=True, tag_field="op", tag="group_statistic"):
    """Groups → number: the mean, median, sample standard deviation or sum of the values of the groups.

    `population_std` is for other readings only.
    """

    statistic: Literal["mean", "median", "std", "sum", "population_std"]


class GroupValue(Record, frozen=True, tag_field="op", tag="group_value"):
    """Groups → number: the value of the group called `name`: text, a whole number or a boolean, as the groups have it.

    No answer if there is no such group.
    """

    name: str | int | bool


GroupChange = Keep | GroupShares | Along
GroupReduction = (
    BestGroup
    | BestValue
    | TopGroups
    | GroupCount
    | GroupSpread
    | GroupShare
    | GroupNames
    | GroupMapping
    | GroupStatistic
    | GroupValue
)
