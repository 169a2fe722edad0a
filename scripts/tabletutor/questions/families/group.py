"""Group: one number for each value of a column, then the best group, some groups, all of them, or their spread."""

from collections.abc import Sequence
from typing import NamedTuple

from tabletutor.programs.grammar import (
    BestGroup,
    Direction,
    Group,
    GroupCount,
    GroupMapping,
    GroupNames,
    GroupShares,
    GroupSpread,
    GroupStatistic,
    GroupValue,
    Keep,
    Pivot,
    TopGroups,
)
from tabletutor.questions.draw import GROUPS, NAMED_GROUPS, CannotDraw, Draw, round_number
from tabletutor.questions.english import a_or_an
from tabletutor.questions.family import Candidate, Family, chain
from tabletutor.questions.frames import HOW_MANY, LIST, MAPPING, SET, TABLE, VALUE, WHICH
from tabletutor.questions.phrases import (
    aggregate_noun,
    aggregate_type,
    count_limit_words,
    end_of_aggregate,
    limit_words,
    total_of,
    with_of,
)
from tabletutor.questions.wording import RANK_WORDS, value_words
from tabletutor.records.question import AnswerType
from tabletutor.records.table import ColumnProfile, Role

MANY_GROUPS = 10  # from this number on, a median of groups says something
MAPPED = 8  # most groups in a mapping
SHARES = (
    "What percentage of the {noun} does each {by} account for?",
    "{front}what percentage of the {noun} does each {by} account for?",
    "[Compute|Find] the percentage of the {noun} that each {by} accounts for.",
    "[Can|Could] you tell me what percentage of the {noun} each {by} accounts for?",
    "Please report the share of each {by} in the {noun}, in percent.",
    # held out
    "{front}what part of the {noun} does each {by} account for, in percent?",
    "Divide {whole} by {by}: what percentage of the {noun} does each of them account for?",
)
# Both steps are named: "the median of the total bill per day" is a median of bills too.
OF_GROUPS = (
    "{step} for each {by}: what is the median of these {numbers}?",
    "{step} for each {by}, then [give|find|compute] the median of these {numbers}.",
    "[Can|Could] you {step} for each {by} and tell me the median of these {numbers}?",
    "For each {by}, {step}. What is the median of these {numbers}?",
    "Please {step} for each {by} and report the median of these {numbers}.",
    "Looking at {whole}, {step} for each {by}. What is the median of these {numbers}?",
    # held out
    "{step} within each {by}: of all these {numbers}, what is the median?",
    "I [need|want] one number. First {step} for each {by}, then take the median of these {numbers}.",
)


class Groups(NamedTuple):
    """A group step, the column it groups by, the measured column if any, the noun of the values, their type."""

    step: Group
    by: ColumnProfile
    measure: ColumnProfile | None
    noun: str
    kind: AnswerType


def draw_groups(draw: Draw, most: int = 60, least: int = 3, roles: Sequence[Role] = NAMED_GROUPS) -> Groups:
    """Return groups of a table with a number for each."""
    by = draw.group(most=most, least=least, roles=roles)
    if draw.source.random() < 0.25:
        return Groups(Group(by.name, "count"), by, None, "number of rows", "integer")
    measure = draw.measure()
    aggregation = draw.aggregation(measure, ("mean", "mean", "mean", "sum", "sum", "median"))
    step = Group(by.name, aggregation, measure.name)
    noun = aggregate_noun(draw, aggregation, measure)
    return Groups(step, by, measure, noun, aggregate_type(aggregation, measure))


def best_words(draw: Draw, groups: Groups, direction: Direction) -> tuple[str, str]:
    """Return the words for the best group ("the highest average fare", "the most rows"), and for its end."""
    end = end_of_aggregate(draw, groups.step.aggregation, groups.measure, direction)
    if groups.measure is None:
        return f"the {'most' if direction == 'largest' else 'fewest'} rows", end
    return f"the {end} {groups.noun}", end


def _best(draw: Draw) -> Candidate:
    groups, direction = draw_groups(draw), draw.direction()
    step = groups.step
    best, end = best_words(draw, groups, direction)
    slots = {"what": draw.say_group(groups.by), "best": best, "noun": groups.noun, "end": end}
    return Candidate(chain(step, BestGroup(direction)), slots, "category", variant=f"{step.aggregation}_{direction}")


def _ranked(draw: Draw) -> Candidate:
    rank = draw.choice((2, 2, 3))
    groups, direction = draw_groups(draw, least=2 * rank), draw.direction()
    step = groups.step
    place = f"{RANK_WORDS[rank]} {end_of_aggregate(draw, step.aggregation, groups.measure, direction)}"
    slots = {"what": draw.say_group(groups.by), "best": f"the {place} {groups.noun}", "noun": groups.noun, "end": place}
    program = chain(step, BestGroup(direction, rank))
    return Candidate(program, slots, "category", variant=f"{step.aggregation}_{direction}_{rank}")


def _top(draw: Draw) -> Candidate:
    groups, direction = draw_groups(draw, least=5), draw.direction()
    step, n = groups.step, draw.choice((2, 3, 3))
    best, end = best_words(draw, groups, direction)
    order = draw.choice((f"Start with the {end}.", f"List them in order, {end} first."))
    if groups.measure is None:
        order = f"Start with the one with {best}."
    slots = {"whats": draw.say_many(groups.by), "best": best, "noun": groups.noun, "n": str(n), "order": order}
    return Candidate(
        chain(step, TopGroups(n, direction)), slots, "list", item="category", variant=f"{step.aggregation}_{direction}"
    )


def _form(draw: Draw, by: str, value: str) -> str:
    return draw.choice((f" Answer with a dictionary from {by} to {value}.", f" Give a mapping from {by} to {value}."))


def _mapping(draw: Draw) -> Candidate:
    step, by, _, noun, kind = draw_groups(draw, most=MAPPED, least=2, roles=GROUPS)
    slots = {"noun": noun, "by": draw.say_group(by), "column": draw.say(by)}
    form = _form(draw, draw.say_group(by), "number")
    return Candidate(chain(step, GroupMapping()), slots, "mapping", item=kind, form=form, variant=step.aggregation)


def _shares(draw: Draw) -> Candidate:
    by = draw.group(most=MAPPED)
    if draw.choice((True, False)):
        step, noun = Group(by.name, "count"), "rows"
    else:
        measure = draw.measure(summed=True)
        step, noun = Group(by.name, "sum", measure.name), total_of(draw, measure)
    form = _form(draw, draw.say_group(by), "percentage")
    return Candidate(
        chain(step, GroupShares(), GroupMapping()),
        {"noun": noun, "by": draw.say_group(by)},
        "mapping",
        item="percentage",
        unit="%",
        form=form,
        variant=step.aggregation,
    )


def _share(draw: Draw) -> Candidate:
    by, measure = draw.category(least=3), draw.measure(summed=True)
    value = draw.value(by)
    noun = f"percentage of the {total_of(draw, measure)} that comes from {draw.say(by)} {value_words(value)}"
    program = chain(Group(by.name, "sum", measure.name), GroupShares(), GroupValue(value))
    return Candidate(program, {"noun": noun}, "percentage", unit="%", rounds=True)


def _having(draw: Draw) -> tuple[Group, Keep, dict[str, str]]:
    by = draw.group(least=6)
    if draw.source.random() < 0.4 and len(by.top_values) >= 4:
        counts = [count for _, count in by.top_values]
        place = draw.source.randrange(1, len(counts) - 1)
        middle = (counts[place] + counts[place - 1]) / 2
        limit = max(round_number(middle, max(counts[0] / 4, 1.0), whole=True), 2)
        keep = Keep(draw.choice((">", ">=")), limit)
        limit = f"{count_limit_words(draw, keep.comparison, keep.value)} rows"
        return Group(by.name, "count"), keep, {"whats": draw.say_many(by), "limit": limit}
    measure = draw.measure()
    step = Group(by.name, draw.choice(("mean", "median")), measure.name)
    marks = measure.quantiles
    if marks[1] == marks[3]:
        raise CannotDraw
    value = round_number(draw.source.uniform(marks[1], marks[3]), marks[3] - marks[1], whole=False)
    keep = Keep(draw.choice((">", "<")), value)
    noun = aggregate_noun(draw, step.aggregation, measure)
    counted = noun if draw.spoken[measure.name].is_plural else a_or_an(noun)
    limit = f"{counted} {with_of(limit_words(draw, keep.comparison, value))}"
    return step, keep, {"whats": draw.say_many(by), "limit": limit}


def _count_having(draw: Draw) -> Candidate:
    step, keep, slots = _having(draw)
    return Candidate(chain(step, keep, GroupCount()), slots, "integer", variant=step.aggregation)


def _names_having(draw: Draw) -> Candidate:
    step, keep, slots = _having(draw)
    return Candidate(chain(step, keep, GroupNames()), slots, "set", item="category", variant=step.aggregation)


def _spread(draw: Draw) -> Candidate:
    step, by, _, noun, kind = draw_groups(draw)
    what = draw.say_group(by)
    said = f"difference in {noun} between the {what} where it is highest and the {what} where it is lowest"
    if step.column is None:
        said = f"difference in number of rows between the most and the least frequent {what}"
    return Candidate(
        chain(step, GroupSpread()), {"noun": said}, kind, rounds=step.aggregation == "mean", variant=step.aggregation
    )


def _statistic(draw: Draw) -> Candidate:
    by = draw.group(least=4)
    if draw.choice((True, False)):
        if by.unique < MANY_GROUPS or by.role not in ("category", "label"):
            raise CannotDraw  # nobody asks for the median of a few counts, or of the counts of grades
        step, order, numbers = Group(by.name, "count"), "count the rows", "counts"
    else:
        measure = draw.measure(summed=True)
        step, order, numbers = Group(by.name, "sum", measure.name), f"add up {draw.say_the(measure)}", "sums"
    slots = {"step": order, "numbers": numbers, "by": draw.say_group(by)}
    return Candidate(chain(step, GroupStatistic("median")), slots, "number", rounds=True, variant=step.aggregation)


def _pivot(draw: Draw) -> Candidate:
    by, across = draw.group(most=5, roles=GROUPS), draw.group(most=4, roles=GROUPS)
    if draw.choice((True, False)):
        step, noun, kind = Pivot(by.name, across.name, "count"), "number of rows", "integer"
    else:
        measure = draw.measure()
        aggregation = draw.aggregation(measure, ("mean", "mean", "sum", "median"))
        step = Pivot(by.name, across.name, aggregation, measure.name)
        noun, kind = aggregate_noun(draw, aggregation, measure), aggregate_type(aggregation, measure)
    names = draw.say_group(by), draw.say_group(across)
    form = draw.choice(
        (
            f" Answer with a dictionary from {names[0]} to a dictionary from {names[1]} to number.",
            f" Give a nested mapping: {names[0]}, then {names[1]}, then the number.",
        )
    )
    if gaps := [draw.say(column) for column in (by, across) if column.missing]:
        form += f" Leave out rows without {' or '.join(gaps)}."
    return Candidate(
        chain(step),
        {"noun": noun, "column": draw.say(by), "other": draw.say(across)},
        "table",
        item=kind,
        form=form,
        variant=step.aggregation,
    )


FAMILIES = (
    Family("group_best", "group", _best, WHICH, weight=6),
    Family("group_rank", "group", _ranked, WHICH, conditions=(0, 1), front=True),
    Family("group_top", "group", _top, LIST, conditions=(0, 1), front=True),
    Family("group_mapping", "group", _mapping, MAPPING, weight=3),
    Family("group_shares", "group", _shares, SHARES, conditions=(0, 1), front=True, weight=2),
    Family("group_share", "group", _share, VALUE, conditions=(0, 1), front=True),
    Family("group_count_having", "group", _count_having, HOW_MANY, conditions=(0, 1), front=True),
    Family("group_names_having", "group", _names_having, SET, conditions=(0, 1), front=True),
    Family("group_spread", "group", _spread, VALUE, conditions=(0, 0)),
    Family("group_statistic", "group", _statistic, OF_GROUPS, conditions=(0, 0)),
    Family("pivot", "group", _pivot, TABLE, conditions=(0, 1)),
)
