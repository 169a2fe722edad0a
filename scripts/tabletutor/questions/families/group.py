"""Group: one number for each value of a column, then the best or a ranked group."""

from tabletutor.programs.grammar import Aggregate, BestGroup, BestValue, Group, TopGroups, Where
from tabletutor.questions.draw import Draw
from tabletutor.questions.family import Candidate, Family, chain, number_type
from tabletutor.questions.wording import AGGREGATION_WORDS, DIRECTION_WORDS, RANK_WORDS, column_words, equals_words
from tabletutor.records.question import AnswerType
from tabletutor.records.table import ColumnProfile


def draw_group(draw: Draw, most: int = 60) -> tuple[Group, dict[str, str], ColumnProfile, ColumnProfile]:
    """Draw a grouping with an aggregate. Returns the step, its slots, the group column and the aggregated column."""
    by, measure = draw.category(most=most, least=3), draw.measure()
    step = Group(by.name, draw.aggregation(measure, ("mean", "mean", "sum", "max", "min", "median")), measure.name)
    slots = {
        "by": column_words(by.name),
        "agg": draw.choice(AGGREGATION_WORDS[step.aggregation]),
        "measure": column_words(measure.name),
    }
    return step, slots, by, measure


def value_type(step: Group, measure: ColumnProfile) -> AnswerType:
    """Return the answer type of one group's value."""
    return number_type(Aggregate(measure.name, step.aggregation), measure.kind)


def _best(draw: Draw) -> Candidate:
    step, slots, _, _ = draw_group(draw)
    direction = draw.direction()
    slots["best"] = draw.choice(DIRECTION_WORDS[direction])
    return Candidate(chain(step, BestGroup(direction)), slots, "category")


def _best_where(draw: Draw) -> Candidate:
    column = draw.category()
    value = draw.value(column)
    step, slots, _, _ = draw_group(draw)
    direction = draw.direction()
    slots |= {"best": draw.choice(DIRECTION_WORDS[direction]), "where": equals_words(column.name, value, draw.source)}
    return Candidate(chain(Where(column.name, "==", value), step, BestGroup(direction)), slots, "category")


def _best_value(draw: Draw) -> Candidate:
    step, slots, _, measure = draw_group(draw)
    direction = draw.direction()
    slots["best"] = draw.choice(DIRECTION_WORDS[direction])
    return Candidate(chain(step, BestValue(direction)), slots, value_type(step, measure))


def _ranked_group(draw: Draw) -> Candidate:
    step, slots, _, _ = draw_group(draw)
    direction, rank = draw.direction(), draw.choice((2, 2, 3))
    slots |= {"best": draw.choice(DIRECTION_WORDS[direction]), "rank": RANK_WORDS[rank]}
    return Candidate(chain(step, BestGroup(direction, rank)), slots, "category")


def _top(draw: Draw) -> Candidate:
    step, slots, _, _ = draw_group(draw)
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
        _ranked_group,
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
)
