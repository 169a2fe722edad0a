"""Compare two groups with each other, or a part with the whole (share)."""

from tabletutor.programs.grammar import Aggregate, Count, Join, Program, Share, Where
from tabletutor.questions.draw import Draw
from tabletutor.questions.family import Candidate, Family, chain
from tabletutor.questions.wording import (
    AGGREGATION_WORDS,
    column_words,
    compares_words,
    equals_words,
    value_words,
)


def _sides(draw: Draw) -> tuple[tuple[Where, Aggregate], tuple[Where, Aggregate], dict[str, str], tuple[str, str]]:
    by, measure = draw.category(), draw.measure()
    left, right = draw.values(by, 2)
    step = Aggregate(measure.name, draw.aggregation(measure, ("mean", "mean", "median", "sum", "max")))
    slots = {
        "by": column_words(by.name),
        "left": value_words(left),
        "right": value_words(right),
        "agg": draw.choice(AGGREGATION_WORDS[step.aggregation]),
        "measure": column_words(measure.name),
    }
    return (Where(by.name, "==", left), step), (Where(by.name, "==", right), step), slots, (left, right)


def _difference(draw: Draw) -> Candidate:
    left, right, slots, _ = _sides(draw)
    return Candidate(Program(left, right, Join("difference")), slots, "number")


def _ratio(draw: Draw) -> Candidate:
    left, right, slots, _ = _sides(draw)
    return Candidate(Program(left, right, Join("ratio")), slots, "number")


def _greater(draw: Draw) -> Candidate:
    left, right, slots, _ = _sides(draw)
    return Candidate(Program(left, right, Join("greater")), slots, "boolean", tags=("binary_choice",))


def _larger(draw: Draw) -> Candidate:
    left, right, slots, names = _sides(draw)
    return Candidate(Program(left, right, Join("larger_name", names)), slots, "category", tags=("binary_choice",))


def _counts(draw: Draw) -> Candidate:
    by = draw.category()
    left, right = draw.values(by, 2)
    slots = {"by": column_words(by.name), "left": value_words(left), "right": value_words(right)}
    program = Program((Where(by.name, "==", left), Count()), (Where(by.name, "==", right), Count()), Join("difference"))
    return Candidate(program, slots, "integer")


def _share(draw: Draw) -> Candidate:
    column = draw.category()
    value = draw.value(column)
    slots = {"where": equals_words(column.name, value, draw.source)}
    return Candidate(chain(Share(column.name, "==", value)), slots, "percentage", unit="%")


def _share_threshold(draw: Draw) -> Candidate:
    column = draw.measure(complete=True)
    comparison, value = draw.comparison(), draw.threshold(column)
    slots = {"where": compares_words(column.name, comparison, value, draw.source)}
    return Candidate(chain(Share(column.name, comparison, value)), slots, "percentage", unit="%")


def _share_within(draw: Draw) -> Candidate:
    column, other = draw.category(), draw.category()
    value, part = draw.value(column), draw.value(other)
    slots = {
        "where": equals_words(column.name, value, draw.source),
        "other": equals_words(other.name, part, draw.source),
    }
    steps = (Where(column.name, "==", value), Share(other.name, "==", part))
    return Candidate(chain(*steps), slots, "percentage", unit="%")


def _share_of_total(draw: Draw) -> Candidate:
    column, measure = draw.category(), draw.measure(additive=True)
    value = draw.value(column)
    slots = {"where": equals_words(column.name, value, draw.source), "measure": column_words(measure.name)}
    step = Aggregate(measure.name, "sum")
    program = Program((Where(column.name, "==", value), step), (step,), Join("percent"))
    return Candidate(program, slots, "percentage", unit="%")


_SHARE_WORDINGS = (
    "What percentage of [rows|records|entries] are [rows|records] {where}?",
    "[Find|Compute] the percentage of [rows|records|entries] {where}.",
    "What share of the table, in percent, is made of [rows|records|entries] {where}?",
    "[Tell me|Report] what percent of all [rows|records] are those {where}.",
    "How many percent of the [rows|records|entries] are there {where}?",
    "[Rows|Records|Entries] {where}: what percent of the table are they?",
    "Out of every hundred [rows|records], how many on average are [rows|records] {where}?",
)

FAMILIES = (
    Family(
        "compare_difference",
        "compare",
        _difference,
        (
            "What is the difference in {agg} {measure} between {by} {left} and {by} {right} ({left} minus {right})?",
            "How much larger is the {agg} {measure} for {by} {left} than for {right}?",
            "[Find|Compute] the {agg} {measure} of {by} {left} minus that of {right}.",
            "By how much does the {agg} {measure} of {by} {left} exceed that of {right}?",
            "Take the {agg} {measure} where {by} is {left} and subtract the one where {by} is {right}.",
            "Compare {by} {left} with {right}: how much higher is its {agg} {measure}?",
            "{by} {left} against {right}: what is the gap in {agg} {measure} (first minus second)?",
        ),
        rounds=True,
    ),
    Family(
        "compare_ratio",
        "compare",
        _ratio,
        (
            "How many times as large is the {agg} {measure} for {by} {left} as for {right}?",
            "What is the ratio of the {agg} {measure} of {by} {left} to that of {right}?",
            "[Find|Compute] the {agg} {measure} of {by} {left} divided by that of {right}.",
            "Divide the {agg} {measure} where {by} is {left} by the one where {by} is {right}.",
            "Compare {by} {left} with {right}: what is the ratio of their {agg} {measure}?",
            "By what factor does {by} {left} differ from {right} in {agg} {measure} (first over second)?",
        ),
        rounds=True,
    ),
    Family(
        "compare_greater",
        "compare",
        _greater,
        (
            "Is the {agg} {measure} higher for {by} {left} than for {right}? Answer True or False.",
            "Does {by} {left} have a higher {agg} {measure} than {right}? Answer True or False.",
            "True or False: the {agg} {measure} of {by} {left} is larger than that of {right}.",
            "Compare {by} {left} with {right}: is the {agg} {measure} of the first larger (True or False)?",
            "Decide, True or False, whether {by} {left} exceeds {right} in {agg} {measure}.",
            "Would it be right (True) or wrong (False) to say that {by} {left} beats {right} in {agg} {measure}?",
        ),
    ),
    Family(
        "compare_larger",
        "compare",
        _larger,
        (
            "Which {by} has the higher {agg} {measure}, {left} or {right}?",
            "Does {by} {left} or {right} have the higher {agg} {measure}? Name it.",
            "Of {by} {left} and {right}, [name|find] the one with the larger {agg} {measure}.",
            "Compare {by} {left} with {right}: which has the higher {agg} {measure}?",
            "Between {left} and {right} ({by}), where is the {agg} {measure} larger?",
            "{left} or {right}: which value of {by} goes with the higher {agg} {measure}?",
        ),
    ),
    Family(
        "compare_counts",
        "compare",
        _counts,
        (
            "How many more [rows|records] have {by} {left} than {right} ({left} minus {right})?",
            "What is the number of [rows|records] with {by} {left} minus the number with {right}?",
            "Count the [rows|records] where {by} is {left} and subtract those where it is {right}.",
            "By how many [rows|records] does {by} {left} lead over {right}?",
        ),
    ),
    Family("share_where", "share", _share, _SHARE_WORDINGS, rounds=True),
    Family("share_threshold", "share", _share_threshold, _SHARE_WORDINGS, rounds=True),
    Family(
        "share_within",
        "share",
        _share_within,
        (
            "Of the [rows|records] {where}, what percentage are [rows|records] {other}?",
            "Among [rows|records|entries] {where}, how many percent are there {other}?",
            "[Find|Compute] the percentage of [rows|records] {other} among those {where}.",
            "Keep the [rows|records] {where}: what share of them, in percent, are [rows|records] {other}?",
        ),
        rounds=True,
    ),
    Family(
        "share_of_total",
        "share",
        _share_of_total,
        (
            "What percentage of the total {measure} comes from [rows|records] {where}?",
            "[Find|Compute] the share (in percent) of [rows|records] {where} in the total {measure}.",
            "How many percent of all {measure} do the [rows|records] {where} account for?",
            "[Tell me|Report] what percent of the summed {measure} belongs to [rows|records] {where}.",
            "Sum {measure} over [rows|records] {where}: what percent of the overall sum is that?",
            "Of everything in {measure}, what percent falls to [rows|records] {where}?",
            "In percent, how much do [rows|records] {where} contribute to the total of {measure}?",
        ),
        rounds=True,
    ),
)
