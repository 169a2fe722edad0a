"""Group: one number for each value of a column, then the best, the spread, a selection or all of them."""

from tabletutor.programs.grammar import (
    Aggregate,
    BestGroup,
    BestValue,
    Group,
    GroupCount,
    GroupMapping,
    GroupNames,
    GroupShare,
    GroupSpread,
    Keep,
    TopGroups,
    Where,
)
from tabletutor.questions.draw import Draw, round_number
from tabletutor.questions.family import Candidate, Family, chain, number_type
from tabletutor.questions.wording import (
    AGGREGATION_WORDS,
    COMPARISON_WORDS,
    DIRECTION_WORDS,
    RANK_WORDS,
    column_words,
    equals_words,
    value_words,
)
from tabletutor.records.question import AnswerType
from tabletutor.records.table import ColumnProfile


def _grouped(draw: Draw, most: int = 60) -> tuple[Group, dict[str, str], ColumnProfile, ColumnProfile]:
    by, measure = draw.category(most=most, least=3), draw.measure()
    step = Group(by.name, draw.aggregation(measure, ("mean", "mean", "sum", "max", "min", "median")), measure.name)
    slots = {
        "by": column_words(by.name),
        "agg": draw.choice(AGGREGATION_WORDS[step.aggregation]),
        "measure": column_words(measure.name),
    }
    return step, slots, by, measure


def _value_type(step: Group, measure: ColumnProfile) -> AnswerType:
    return number_type(Aggregate(measure.name, step.aggregation), measure.kind)


def _best(draw: Draw) -> Candidate:
    step, slots, _, _ = _grouped(draw)
    direction = draw.direction()
    slots["best"] = draw.choice(DIRECTION_WORDS[direction])
    return Candidate(chain(step, BestGroup(direction)), slots, "category")


def _best_where(draw: Draw) -> Candidate:
    column = draw.category()
    value = draw.value(column)
    step, slots, _, _ = _grouped(draw)
    direction = draw.direction()
    slots |= {"best": draw.choice(DIRECTION_WORDS[direction]), "where": equals_words(column.name, value, draw.source)}
    return Candidate(chain(Where(column.name, "==", value), step, BestGroup(direction)), slots, "category")


def _best_value(draw: Draw) -> Candidate:
    step, slots, _, measure = _grouped(draw)
    direction = draw.direction()
    slots["best"] = draw.choice(DIRECTION_WORDS[direction])
    return Candidate(chain(step, BestValue(direction)), slots, _value_type(step, measure))


def _second(draw: Draw) -> Candidate:
    step, slots, _, _ = _grouped(draw)
    direction, rank = draw.direction(), draw.choice((2, 2, 3))
    slots |= {"best": draw.choice(DIRECTION_WORDS[direction]), "rank": RANK_WORDS[rank]}
    return Candidate(chain(step, BestGroup(direction, rank)), slots, "category")


def _top(draw: Draw) -> Candidate:
    step, slots, _, _ = _grouped(draw)
    direction, n = draw.direction(), draw.choice((2, 3))
    slots |= {"best": draw.choice(DIRECTION_WORDS[direction]), "n": {2: "two", 3: "three"}[n]}
    return Candidate(chain(step, TopGroups(n, direction)), slots, "list", item="category")


def _largest(draw: Draw) -> Candidate:
    by = draw.category(least=3)
    direction = draw.choice(("largest", "largest", "smallest"))
    slots = {"by": column_words(by.name), "most": "most" if direction == "largest" else "fewest"}
    return Candidate(chain(Group(by.name, "count"), BestGroup(direction)), slots, "category")


def _most_distinct(draw: Draw) -> Candidate:
    by, other = draw.category(least=3), draw.category(most=2000, least=3)
    slots = {"by": column_words(by.name), "other": column_words(other.name)}
    return Candidate(chain(Group(by.name, "nunique", other.name), BestGroup("largest")), slots, "category")


def _mapping(draw: Draw) -> Candidate:
    step, slots, _, measure = _grouped(draw, most=6)
    return Candidate(chain(step, GroupMapping()), slots, "mapping", item=_value_type(step, measure))


def _sizes(draw: Draw) -> Candidate:
    by = draw.category(most=6)
    return Candidate(
        chain(Group(by.name, "count"), GroupMapping()), {"by": column_words(by.name)}, "mapping", "integer"
    )


def _kept(draw: Draw) -> tuple[Group, Keep, dict[str, str]]:
    by, measure = draw.category(least=3), draw.measure()
    step = Group(by.name, draw.choice(("mean", "median")), measure.name)
    marks = measure.quantiles
    value = round_number(draw.source.uniform(marks[1], marks[3]), marks[3] - marks[1] or 1.0, whole=False)
    keep = Keep(draw.choice((">", "<")), value)
    slots = {
        "by": column_words(by.name),
        "agg": draw.choice(AGGREGATION_WORDS[step.aggregation]),
        "measure": column_words(measure.name),
        "limit": f"{draw.choice(COMPARISON_WORDS[keep.comparison])} {value_words(value)}",
    }
    return step, keep, slots


def _count_kept(draw: Draw) -> Candidate:
    step, keep, slots = _kept(draw)
    return Candidate(chain(step, keep, GroupCount()), slots, "integer")


def _names_kept(draw: Draw) -> Candidate:
    step, keep, slots = _kept(draw)
    return Candidate(chain(step, keep, GroupNames()), slots, "set", item="category")


def _count_large(draw: Draw) -> Candidate:
    by = draw.category(least=4)
    counts = sorted(count for _, count in by.top_values)
    value = draw.choice(counts)
    keep = Keep(draw.choice((">", ">=")), value)
    limit = f"{draw.choice(COMPARISON_WORDS[keep.comparison])} {value}"
    return Candidate(
        chain(Group(by.name, "count"), keep, GroupCount()), {"by": column_words(by.name), "limit": limit}, "integer"
    )


def _spread(draw: Draw) -> Candidate:
    step, slots, _, _ = _grouped(draw)
    return Candidate(chain(step, GroupSpread()), slots, "number")


def _share(draw: Draw) -> Candidate:
    by, measure = draw.category(least=3), draw.measure(additive=True)
    slots = {"by": column_words(by.name), "measure": column_words(measure.name)}
    return Candidate(chain(Group(by.name, "sum", measure.name), GroupShare()), slots, "percentage", unit="%")


FAMILIES = (
    Family(
        "group_best",
        "group",
        _best,
        (
            "Which {by} has the {best} {agg} {measure}?",
            "[Find|Give|Name] the {by} with the {best} {agg} {measure}.",
            "For which {by} is the {agg} {measure} {best}?",
            "[Tell me|Report] which {by} has the {best} {agg} {measure}.",
            "Compare the {agg} {measure} by {by}: which {by} comes out {best}?",
            "Group the table by {by}. Which group has the {best} {agg} {measure}?",
            "In terms of {agg} {measure}, which {by} is {best}?",
            "Among all values of {by}, where is the {agg} {measure} {best}?",
        ),
    ),
    Family(
        "group_best_where",
        "group",
        _best_where,
        (
            "Among [rows|records|entries] {where}, which {by} has the {best} {agg} {measure}?",
            "For [rows|records|entries] {where}, [find|name] the {by} with the {best} {agg} {measure}.",
            "Considering only [rows|records|entries] {where}, for which {by} is the {agg} {measure} {best}?",
            "Which {by} has the {best} {agg} {measure} among [rows|records|entries] {where}?",
            "Keep the [rows|records|entries] {where}. Which {by} then has the {best} {agg} {measure}?",
            "[Tell me|Report] which {by} has the {best} {agg} {measure}, [rows|records] {where} only.",
            "If we look just at [rows|records] {where}, which {by} shows the {best} {agg} {measure}?",
        ),
    ),
    Family(
        "group_best_value",
        "group",
        _best_value,
        (
            "What is the {best} {agg} {measure} of any {by}?",
            "Compute the {agg} {measure} for each {by}: what is the {best} of these values?",
            "[Find|Give] the {best} {agg} {measure} over the groups of {by}.",
            "Group by {by} and take the {agg} {measure}. How high is the {best} one?",
            "Among the values of {by}, what is the {best} {agg} {measure} reached?",
            "[Tell me|Report] the {best} value of the {agg} {measure} per {by}.",
            "Per {by}, the {agg} {measure} differs: what is the {best} value it takes?",
        ),
        rounds=True,
    ),
    Family(
        "group_rank",
        "group",
        _second,
        (
            "Which {by} has the {rank} {best} {agg} {measure}?",
            "[Find|Name] the {by} with the {rank} {best} {agg} {measure}.",
            "Ranked by {agg} {measure}, which {by} is {rank} {best}?",
            "Order the groups of {by} by their {agg} {measure}: which has the {rank} {best}?",
        ),
    ),
    Family(
        "group_top",
        "rank",
        _top,
        (
            "Which {n} values of {by} have the {best} {agg} {measure}? List them, {best} first.",
            "[List|Give] the {n} {by} values with the {best} {agg} {measure}, in order, {best} first.",
            "[Find|Name] the {n} groups of {by} with the {best} {agg} {measure}, beginning with the {best}.",
            "By {agg} {measure}, what are the {n} {best} values of {by}, in order?",
            "Rank {by} by {agg} {measure} and list the first {n}, {best} first.",
            "What are the {n} values of {by} whose {agg} {measure} is {best}? Start with the {best}.",
            "Give a ranking of {by} by {agg} {measure} that stops after the {n} {best}.",
        ),
    ),
    Family(
        "group_largest",
        "group",
        _largest,
        (
            "Which {by} has the {most} [rows|records|entries]?",
            "[Find|Name] the {by} with the {most} [rows|records|entries].",
            "Which value of {by} occurs in the {most} [rows|records]?",
            "[Tell me|Report] which {by} has the {most} [rows|records|entries].",
            "Count the [rows|records] for each {by}: which {by} has the {most}?",
            "Of all values of {by}, which one has the {most} [entries|records]?",
            "Group by {by}: which group is made of the {most} rows?",
        ),
    ),
    Family(
        "group_most_distinct",
        "group",
        _most_distinct,
        (
            "Which {by} has the most [different|distinct] values of {other}?",
            "[Find|Name] the {by} with the largest number of [different|distinct|unique] {other} values.",
            "For which {by} does {other} take the most [different|distinct] values?",
            "Count the [different|distinct] {other} values for each {by}: which {by} has the most?",
            "[Tell me|Report] which {by} has the most unique values of {other}.",
            "Which {by} shows the greatest variety of {other}?",
            "In which group of {by} are there most distinct values of {other}?",
        ),
    ),
    Family(
        "group_mapping",
        "group",
        _mapping,
        (
            "What is the {agg} {measure} for each {by}? Give a mapping from {by} to value.",
            "[Compute|Find] the {agg} {measure} per {by}, as a dictionary.",
            "For every {by}, give the {agg} {measure} (a mapping from {by} to number).",
            "[List|Report] the {agg} {measure} of each {by} as a dictionary.",
            "Group by {by} and give the {agg} {measure} of every group as a mapping.",
            "As a dictionary keyed by {by}, what is the {agg} {measure}?",
            "Break the {agg} {measure} down by {by} and return all values as a mapping.",
        ),
    ),
    Family(
        "group_sizes",
        "group",
        _sizes,
        (
            "How many [rows|records|entries] are there for each {by}? Give a mapping from {by} to count.",
            "[Count|Find the number of] [rows|records|entries] per {by}, as a dictionary.",
            "For every {by}, give the number of [rows|records] (a mapping from {by} to count).",
            "[List|Report] the number of [rows|records|entries] of each {by} as a dictionary.",
            "Group by {by} and give the size of every group as a mapping.",
            "As a dictionary keyed by {by}, how many [rows|records] are there?",
            "Return a mapping that tells how often each {by} occurs.",
        ),
    ),
    Family(
        "group_count_having",
        "group",
        _count_kept,
        (
            "How many values of {by} have their {agg} {measure} {limit}?",
            "[Count|Find the number of] {by} groups whose {agg} {measure} is {limit}.",
            "For how many values of {by} is the {agg} {measure} {limit}?",
            "Group by {by}: how many groups have {agg} {measure} {limit}?",
            "[Tell me|Report] how many {by} groups have {agg} {measure} {limit}.",
            "Compute the {agg} {measure} per {by}. In how many cases is it {limit}?",
            "Looking at {agg} {measure} by {by}, how many groups lie {limit}?",
        ),
    ),
    Family(
        "group_names_having",
        "group",
        _names_kept,
        (
            "Which values of {by} have their {agg} {measure} {limit}? List all of them.",
            "[List|Name] every {by} whose {agg} {measure} is {limit}.",
            "For which values of {by} is the {agg} {measure} {limit}? Give all.",
            "Group by {by}: list the groups with {agg} {measure} {limit}.",
        ),
    ),
    Family(
        "group_count_large",
        "group",
        _count_large,
        (
            "How many values of {by} have {limit} [rows|records]?",
            "[Count|Find the number of] {by} groups with {limit} [rows|records|entries].",
            "For how many values of {by} are there {limit} [rows|records]?",
            "Group by {by}: how many groups have {limit} [rows|records]?",
            "[Tell me|Report] how many {by} values occur in {limit} [rows|records].",
            "How many {by} groups contain {limit} rows?",
            "Some values of {by} are common: how many of them have {limit} rows?",
        ),
    ),
    Family(
        "group_spread",
        "group",
        _spread,
        (
            "By how much does the {agg} {measure} differ between the highest and the lowest {by}?",
            "What is the difference between the largest and smallest {agg} {measure} of the {by} groups?",
            "Compute the {agg} {measure} per {by}: how far apart are the largest and the smallest?",
            "[Find|Give] the gap between the highest and lowest {agg} {measure} by {by}.",
            "Group by {by} and take the {agg} {measure}; what is the largest value minus the smallest?",
            "How wide is the range of the {agg} {measure} over the groups of {by}?",
            "Between the extremes of {by}, what gap is there in {agg} {measure}?",
        ),
        rounds=True,
    ),
    Family(
        "group_top_share",
        "share",
        _share,
        (
            "What percentage of the total {measure} belongs to the {by} with the largest total {measure}?",
            "Sum {measure} per {by}: what percent of the overall total does the largest group have?",
            "[Find|Compute] the share (in percent) of the top {by} in the total {measure}.",
            "How many percent of all {measure} does the leading {by} account for?",
        ),
        rounds=True,
    ),
)
