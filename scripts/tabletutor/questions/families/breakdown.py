"""Breakdown: one number for each value of a column, then all of these numbers, some of them or their spread."""

from tabletutor.programs.grammar import Group, GroupCount, GroupMapping, GroupNames, GroupShare, GroupSpread, Keep
from tabletutor.questions.draw import Draw, round_number
from tabletutor.questions.families.group import draw_group, value_type
from tabletutor.questions.family import Candidate, Family, chain
from tabletutor.questions.wording import AGGREGATION_WORDS, COMPARISON_WORDS, column_words, value_words


def _mapping(draw: Draw) -> Candidate:
    step, slots, _, measure = draw_group(draw, most=6)
    return Candidate(chain(step, GroupMapping()), slots, "mapping", item=value_type(step, measure))


def _sizes(draw: Draw) -> Candidate:
    by = draw.category(most=6)
    return Candidate(
        chain(Group(by.name, "count"), GroupMapping()), {"by": column_words(by.name)}, "mapping", "integer"
    )


def _draw_having(draw: Draw) -> tuple[Group, Keep, dict[str, str]]:
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


def _count_having(draw: Draw) -> Candidate:
    step, keep, slots = _draw_having(draw)
    return Candidate(chain(step, keep, GroupCount()), slots, "integer")


def _names_having(draw: Draw) -> Candidate:
    step, keep, slots = _draw_having(draw)
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
    step, slots, _, _ = draw_group(draw)
    return Candidate(chain(step, GroupSpread()), slots, "number")


def _share(draw: Draw) -> Candidate:
    by, measure = draw.category(least=3), draw.measure(additive=True)
    slots = {"by": column_words(by.name), "measure": column_words(measure.name)}
    return Candidate(chain(Group(by.name, "sum", measure.name), GroupShare()), slots, "percentage", unit="%")


FAMILIES = (
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
        _count_having,
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
        _names_having,
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
