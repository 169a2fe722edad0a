"""Derive: bins, ranks and scaled values of a measure, then a count or a lookup."""

from itertools import pairwise

from tabletutor.programs.grammar import (
    Aggregate,
    Aggregation,
    BestGroup,
    Bin,
    Count,
    Direction,
    Group,
    GroupMapping,
    Scale,
    Where,
)
from tabletutor.questions.columns import is_whole
from tabletutor.questions.draw import MANY_DISTINCT, CannotDraw, Draw, round_number
from tabletutor.questions.family import Candidate, Family, chain
from tabletutor.questions.frames import MAPPING, VALUE, WHICH
from tabletutor.questions.phrases import aggregate_noun
from tabletutor.questions.readings.reading import ReadingName
from tabletutor.questions.superlatives import with_superlative
from tabletutor.questions.wording import value_words
from tabletutor.records.table import ColumnProfile

LABELLED_BINS = frozenset[ReadingName]({"lower_bin"})  # the words give the label of each bin, such as "20 to below 40"

MOST_WORDS = 4  # of the measure that is averaged in bands
SCALED_ENDS: tuple[tuple[Aggregation, Direction], ...] = (("max", "largest"), ("min", "smallest"))


def _bins(draw: Draw, column: ColumnProfile) -> tuple[Bin, str]:
    """Return a step that puts a measure into three or four bins, and the words for the bins."""
    marks = column.quantiles
    if (
        column.unique < MANY_DISTINCT
        or len(marks) < 5
        or not isinstance(column.min, int | float)
        or not isinstance(column.max, int | float)
    ):
        raise CannotDraw
    places = draw.choice(((marks[1], marks[3]), (marks[1], marks[2], marks[3])))
    spread = marks[3] - marks[1]
    edges = tuple(round_number(mark, spread or 1.0, whole=is_whole(column)) for mark in places)
    if any(low >= high for low, high in pairwise((column.min, *edges, column.max))):
        raise CannotDraw
    middle = [f"{low} to below {high}" for low, high in pairwise(edges)]
    labels = (f"below {edges[0]}", *middle, f"{edges[-1]} or more")
    *first, last = map(value_words, labels)
    words = f"band of {draw.say_the(column)} ({', '.join(first)} and {last})"
    return Bin(column.name, edges, labels, draw.free_name("band")), words


def _bin_sizes(draw: Draw) -> Candidate:
    column = draw.measure()
    step, words = _bins(draw, column)
    slots = {"noun": "number of rows", "by": words, "column": words}
    form = draw.choice((" Answer with a dictionary from band to number.", " Give a mapping from band to number."))
    return Candidate(
        chain(step, Group(step.name, "count"), GroupMapping()),
        slots,
        "mapping",
        item="integer",
        form=form,
        settled=LABELLED_BINS,
    )


def _best_bin(draw: Draw) -> Candidate:
    column, measure = draw.measure(), draw.measure()
    step, words = _bins(draw, column)
    direction = draw.direction()
    end, noun = draw.end_of(measure, direction), aggregate_noun(draw, "mean", measure)
    if len(noun.split()) > MOST_WORDS:
        raise CannotDraw  # the wordings say it beside the bands, and some of them twice
    slots = {"what": words, "best": f"the {end} {noun}", "noun": noun, "end": end}
    program = chain(step, Group(step.name, "mean", measure.name), BestGroup(direction))
    return Candidate(program, slots, "category", tags=("binary_choice",), variant=direction, settled=LABELLED_BINS)


def _scaled(draw: Draw) -> Candidate:
    column = draw.measure()
    if column.unique < MANY_DISTINCT:
        raise CannotDraw
    name = draw.free_name("scaled")
    limit = draw.choice((1, 1.5, 2))
    deviations = "1 standard deviation" if limit == 1 else f"{limit} standard deviations"
    noun = f"number of rows whose {draw.say(column)} {draw.verb(column)} more than {deviations} above the average"
    scale = Scale(column.name, "zscore", name)
    return Candidate(chain(scale, Where(name, ">", limit), Count()), {"noun": noun}, "integer", variant=scale.method)


def _scaled_value(draw: Draw) -> Candidate:
    column = draw.measure()
    if column.unique < MANY_DISTINCT:
        raise CannotDraw
    name = draw.free_name("scaled")
    aggregation, direction = draw.choice(SCALED_ENDS)
    return Candidate(
        chain(Scale(column.name, "zscore", name), Aggregate(name, aggregation)),
        {"noun": f"z-score of the {with_superlative(draw.end_of(column, direction), draw.say(column))}"},
        "number",
        rounds=True,
        variant=aggregation,
    )


FAMILIES = (
    Family("bin_sizes", "derive", _bin_sizes, MAPPING, conditions=(0, 1)),
    Family("bin_best", "derive", _best_bin, WHICH, conditions=(0, 1)),
    Family("beyond_zscore", "derive", _scaled, VALUE, conditions=(0, 0)),
    Family("scaled_value", "derive", _scaled_value, VALUE, conditions=(0, 0)),
)
