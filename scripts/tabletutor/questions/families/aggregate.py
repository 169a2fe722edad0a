"""Aggregate: one number from a column, or from a column computed from two others."""

from typing import Literal

from tabletutor.programs.grammar import (
    Aggregate,
    Aggregation,
    Arithmetic,
    InterquartileRange,
    Part,
    Program,
    Quantile,
    Span,
    WeightedMean,
)
from tabletutor.questions.columns import header_parts
from tabletutor.questions.draw import MANY_DISTINCT, CannotDraw, Draw
from tabletutor.questions.family import Candidate, Family, chain
from tabletutor.questions.frames import RECORD, VALUE
from tabletutor.questions.phrases import aggregate_noun, aggregate_type
from tabletutor.records.table import ColumnProfile

# What people average with weights: a rate over people, a price over quantities.
AVERAGED = frozenset(
    {"rate", "price", "percent", "pct", "percentage", "ratio", "average", "avg", "mean", "discount", "share", "income"}
)
# What a rate is per: people, votes, pieces sold. Nobody weights an income by the number of computers.
WEIGHTS = frozenset(
    {"people", "persons", "inhabitants", "residents", "households", "families", "students", "pupils", "employees"}
    | {"enrollment", "enrolment", "workers", "patients", "voters", "votes", "births", "customers"}
    | {"quantity", "qty", "units", "volume", "sold", "sales", "orders", "count", "attempts"}
)
MAX_WORDS = 6  # of two columns together that a question says twice
SMALLEST = 0.05  # of the median, for the low values of a column that others are divided by
PART_WORDS: dict[Aggregation, str] = {
    "mean": "mean", "median": "median", "min": "minimum", "max": "maximum", "std": "standard deviation",
}  # fmt: skip


def _aggregate(draw: Draw) -> Candidate:
    column = draw.measure()
    aggregation = draw.aggregation(column, ("mean", "mean", "mean", "sum", "sum", "max", "min", "median", "median"))
    return Candidate(
        chain(Aggregate(column.name, aggregation)),
        {"noun": aggregate_noun(draw, aggregation, column)},
        aggregate_type(aggregation, column),
        rounds=aggregation == "mean",
        variant=aggregation,
        subject=column.name if aggregation in ("mean", "median") else None,
        unit=column.unit,
    )


def _spread(draw: Draw) -> Candidate:
    column = draw.measure()
    name = draw.say_the(column)
    step, noun = draw.choice(
        (
            (Aggregate(column.name, "std"), f"standard deviation of {name}"),
            (Aggregate(column.name, "std"), f"standard deviation of {name}"),
            (Aggregate(column.name, "var"), f"variance of {name}"),
            (InterquartileRange(column.name), f"interquartile range of {name}"),
            (Span(column.name), f"range of {name} (largest minus smallest)"),
            (Span(column.name), f"difference between the largest and the smallest {draw.say(column)}"),
        )
    )
    variant = step.aggregation if isinstance(step, Aggregate) else type(step).__name__.lower()
    rounds = variant in ("std", "var")
    return Candidate(chain(step), {"noun": noun}, "number", rounds=rounds, variant=variant, subject=column.name)


def _shape(draw: Draw) -> Candidate:
    column = draw.measure()
    if column.unique < MANY_DISTINCT:
        raise CannotDraw
    aggregation: Aggregation = draw.choice(("skew", "skew", "kurt"))
    words = "skewness" if aggregation == "skew" else "excess kurtosis"
    noun = f"{words} of {draw.say_the(column)}"
    return Candidate(
        chain(Aggregate(column.name, aggregation)), {"noun": noun}, "number", rounds=True, variant=aggregation
    )


def _quantile(draw: Draw) -> Candidate:
    column, percent = draw.measure(), draw.choice((10, 25, 75, 90, 95))
    if column.unique < MANY_DISTINCT:
        raise CannotDraw
    name = draw.say_the(column)
    quartile = {25: f"first quartile of {name}", 75: f"third quartile of {name}"}
    noun = draw.choice((f"{percent}th percentile of {name}", quartile.get(percent, f"{percent}% quantile of {name}")))
    return Candidate(
        chain(Quantile(column.name, percent / 100)), {"noun": noun}, "number", variant=str(percent), subject=column.name
    )


def _weighted_mean(draw: Draw) -> Candidate:
    weight = draw.measure(("additive",), complete=True, summed=True)
    column = draw.measure(("intensive",))
    averaged = bool(header_parts(column.title or column.name) & AVERAGED) or (column.unit or "").startswith(
        ("%", "per")
    )
    parts = header_parts(weight.title or weight.name)
    counted = bool(parts & WEIGHTS) or any(part.startswith("pop") for part in parts)  # "poptotal"
    if (
        not averaged
        or not counted
        or weight.kind != "integer"
        or not isinstance(weight.min, int | float)
        or weight.min < 0
    ):
        raise CannotDraw
    noun = f"average {draw.say(column)}, weighted by {draw.say_the(weight)}"
    return Candidate(
        chain(WeightedMean(column.name, weight.name)),
        {"noun": noun},
        "number",
        rounds=True,
        settled=frozenset({"unweighted"}),
    )


def _of_two(draw: Draw, operator: Literal["+", "-", "/"], derived: str) -> Candidate:
    """Return an aggregate of a column that is computed from two comparable ones."""
    left = draw.measure(("additive",) if operator == "+" else ("additive", "intensive", "duration"), complete=True)
    right = draw.measure(complete=True, like=left)
    if operator == "/" and not _divides_well(right):
        raise CannotDraw
    if operator == "-" and _lies_above(right, left):
        left, right = right, left  # people subtract the smaller number from the larger one
    name = draw.free_name(derived)
    aggregation = draw.choice(("mean", "mean", "max", "min", "median"))
    words = {"mean": "average", "max": "largest", "min": "smallest", "median": "median"}[aggregation]
    one, other = draw.say_the(left), draw.say_the(right)
    long = len(f"{one} {other}".split()) > MAX_WORDS
    order = "the first minus the second" if long else f"{one} minus {other}"
    noun = {
        "+": f"{words} row-by-row sum of {one} and {other}",
        "-": f"{words} difference between {one} and {other} ({order})",
        "/": f"{words} row-by-row ratio of {one} to {other}",
    }[operator]
    program = chain(Arithmetic(left.name, operator, right.name, name), Aggregate(name, aggregation))
    rounds = aggregation == "mean" or operator == "/"
    return Candidate(program, {"noun": noun}, "number", rounds=rounds, variant=aggregation)


def _divides_well(column: ColumnProfile) -> bool:
    """Return whether no value of a column is 0 or so small beside the others that a ratio to it tells nothing."""
    if not isinstance(column.min, int | float) or column.min <= 0 or len(column.quantiles) < 5:
        return False
    return column.quantiles[0] >= SMALLEST * column.quantiles[2]


def _lies_above(one: ColumnProfile, other: ColumnProfile) -> bool:
    """Return whether the values of a column are mostly larger than those of another one."""
    return len(one.quantiles) >= 5 <= len(other.quantiles) and one.quantiles[2] > other.quantiles[2]


def _difference(draw: Draw) -> Candidate:
    return _of_two(draw, "-", "difference")


def _ratio(draw: Draw) -> Candidate:
    return _of_two(draw, "/", "ratio")


def _sum(draw: Draw) -> Candidate:
    return _of_two(draw, "+", "total")


def _summary(draw: Draw) -> Candidate:
    column = draw.measure()
    chosen: tuple[Aggregation, ...] = draw.choice(
        (("mean", "std"), ("min", "max"), ("mean", "median"), ("min", "median", "max"))
    )
    parts = tuple(Part(name, (Aggregate(column.name, name),)) for name in chosen)
    words = [PART_WORDS[name] for name in chosen]
    nouns = f"{', the '.join(words[:-1])} and the {words[-1]} of {draw.say_the(column)}"
    names = ", ".join(f'"{name}"' for name in chosen[:-1]) + f' and "{chosen[-1]}"'
    return Candidate(
        Program((), parts=parts),
        {"nouns": nouns},
        "record",
        parts=tuple((name, aggregate_type(name, column)) for name in chosen),
        form=draw.choice((f" Answer with a dictionary with the keys {names}.", f" Call the parts {names}.")),
        variant="+".join(chosen),
    )


FAMILIES = (
    Family("aggregate_column", "aggregate", _aggregate, VALUE, weight=6),
    Family("spread_column", "aggregate", _spread, VALUE, weight=2),
    Family("shape_column", "aggregate", _shape, VALUE, conditions=(0, 1)),
    Family("quantile_column", "aggregate", _quantile, VALUE),
    Family("weighted_mean", "aggregate", _weighted_mean, VALUE, conditions=(0, 1)),
    Family("summary", "aggregate", _summary, RECORD, weight=2),
    Family("difference_of_columns", "derive", _difference, VALUE, conditions=(0, 1)),
    Family("ratio_of_columns", "derive", _ratio, VALUE, conditions=(0, 1)),
    Family("sum_of_columns", "derive", _sum, VALUE, conditions=(0, 1)),
)
