"""Compare: two groups with each other, by one number for each."""

from typing import NamedTuple

from tabletutor.programs.grammar import Aggregate, Count, Join, JoinOperator, Program, Where
from tabletutor.questions.draw import CannotDraw, Draw
from tabletutor.questions.family import Candidate, Family
from tabletutor.questions.frames import VALUE, YES_NO
from tabletutor.questions.phrases import aggregate_noun, aggregate_type
from tabletutor.questions.wording import value_words
from tabletutor.records.question import AnswerType

LARGER = (
    "Which {group} has the higher {noun}{back}, {left} or {right}?",
    "{front}which {group} has the higher {noun}: {left} or {right}?",
    "[Tell me|Find out] which has the higher {noun}{back}: {what} {left} or {what} {right}.",
    "[Can|Could] you tell me if {what} {left} or {what} {right} has the higher {noun}{back}?",
    "Please report whether {left} or {right} is the {group} with the higher {noun}{back}.",
    # held out
    "Put {what} {left} next to {what} {right}{back}: which of the two has the higher {noun}?",
    "Looking at {whole}, is the {noun} higher for {what} {left} or for {what} {right}? Name it.",
)


class Sides(NamedTuple):
    """The chains of two groups, the words for the groups and for the number, and the number's type."""

    left: tuple[Where, Aggregate | Count]
    right: tuple[Where, Aggregate | Count]
    what: str
    group: str
    plural: bool
    names: tuple[str, str]
    noun: str
    kind: AnswerType
    variant: str


def _sides(draw: Draw, counts: float = 0.25) -> Sides:
    by = draw.category()
    names = draw.values(by, 2)
    left, right = (Where(by.name, "==", name) for name in names)
    what = draw.say(by)
    if draw.source.random() < counts:
        return Sides(
            left=(left, Count()),
            right=(right, Count()),
            what=what,
            group=draw.say_group(by),
            plural=False,
            names=(names[0], names[1]),
            noun="number of rows",
            kind="integer",
            variant="count",
        )
    measure = draw.measure()
    aggregation = draw.aggregation(measure, ("mean", "mean", "median", "sum"))
    step, noun = Aggregate(measure.name, aggregation), aggregate_noun(draw, aggregation, measure)
    return Sides(
        left=(left, step),
        right=(right, step),
        what=what,
        group=draw.say_group(by),
        plural=draw.spoken[measure.name].is_plural,
        names=(names[0], names[1]),
        noun=noun,
        kind=aggregate_type(aggregation, measure),
        variant=aggregation,
    )


def _joined(
    draw: Draw, operator: JoinOperator, template: str, answer_type: AnswerType | None, unit: str | None = None
) -> Candidate:
    sides = _sides(draw)
    if operator in ("percent", "ratio") and sides.variant not in ("count", "sum"):
        raise CannotDraw  # twice the average temperature says nothing
    words = {"what": sides.what, "noun": sides.noun}
    words |= {"left": value_words(sides.names[0]), "right": value_words(sides.names[1])}
    program = Program(sides.left, sides.right, Join(operator))
    return Candidate(
        program,
        {"noun": template.format_map(words)},
        answer_type or sides.kind,
        unit=unit,
        rounds=operator != "difference" or sides.variant == "mean",
        variant=sides.variant,
        settled=frozenset({"swapped_difference", "fraction"}),
    )


def _difference(draw: Draw) -> Candidate:
    template = draw.choice(
        (
            "{noun} for {what} {left} minus the {noun} for {what} {right}",
            "difference in {noun} between {what} {left} and {what} {right} ({left} minus {right})",
        )
    )
    return _joined(draw, "difference", template, None)


def _ratio(draw: Draw) -> Candidate:
    template = draw.choice(
        (
            "{noun} for {what} {left} divided by the {noun} for {what} {right}",
            "ratio of the {noun} for {what} {left} to the {noun} for {what} {right}",
        )
    )
    return _joined(draw, "ratio", template, "number")


def _percent(draw: Draw) -> Candidate:
    template = "{noun} for {what} {left} as a percentage of the {noun} for {what} {right}"
    return _joined(draw, "percent", template, "percentage", "%")


def _larger(draw: Draw) -> Candidate:
    sides = _sides(draw)
    left, right = map(value_words, sides.names)
    slots = {"what": sides.what, "group": sides.group, "noun": sides.noun, "left": left, "right": right}
    program = Program(sides.left, sides.right, Join("larger_name", sides.names))
    return Candidate(program, slots, "category", tags=("binary_choice",), variant=sides.variant)


def _greater(draw: Draw) -> Candidate:
    sides = _sides(draw)
    if sides.plural:
        raise CannotDraw  # "is the average sales higher"
    left, right = map(value_words, sides.names)
    rest = f"higher for {sides.what} {left} than for {sides.what} {right}"
    slots = {"claim": f"the {sides.noun} {rest}", "statement": f"the {sides.noun} is {rest}"}
    program = Program(sides.left, sides.right, Join("greater"))
    return Candidate(program, slots, "boolean", tags=("binary_choice",), variant=sides.variant)


FAMILIES = (
    Family("compare_difference", "compare", _difference, VALUE, conditions=(0, 1), front=True, weight=2),
    Family("compare_ratio", "compare", _ratio, VALUE, conditions=(0, 1), front=True),
    Family("compare_percent", "compare", _percent, VALUE, conditions=(0, 1), front=True),
    Family("compare_larger", "compare", _larger, LARGER, conditions=(0, 1), front=True, weight=2),
    Family("compare_greater", "compare", _greater, YES_NO, conditions=(0, 1), front=True),
)
