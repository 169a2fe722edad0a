"""Relate: how two measures go together, by correlation and by a fitted line."""

from typing import Literal

from tabletutor.programs.grammar import Correlation, Regression, StrongestPair
from tabletutor.questions.columns import is_given
from tabletutor.questions.draw import CannotDraw, Draw
from tabletutor.questions.family import Candidate, Family, chain
from tabletutor.questions.frames import VALUE
from tabletutor.questions.readings.reading import ReadingName

STRONGEST = (
    "Which two of {names} have the strongest {method} correlation (positive or negative){back}?",
    "{front}which two of {names} are most strongly correlated ({method}, positively or negatively)?",
    "Out of {names}, [find|name] the two with the largest absolute {method} correlation{back}.",
    "[Can|Could] you tell me which two of {names} have the largest absolute {method} correlation{back}?",
    "Please report the pair among {names} with the largest absolute {method} correlation{back}.",
    # held out
    "Make the {method} correlation matrix of {names}{back}. Which pair has the largest absolute value?",
    "Looking at {whole}, which two of {names} have the {method} correlation furthest from 0?",
)
MANY_VALUES = 10
NAMED_METHOD = frozenset[ReadingName]({"rank_correlation", "linear_correlation"})


def _correlation(draw: Draw) -> Candidate:
    left, right = draw.measure(), draw.measure()
    method = draw.choice(("pearson", "pearson", "spearman"))
    if min(left.unique, right.unique) < MANY_VALUES:
        raise CannotDraw
    named = {
        "pearson": ("Pearson correlation", "Pearson correlation coefficient"),
        "spearman": ("Spearman rank correlation",),
    }
    noun = f"{draw.choice(named[method])} between {draw.say_the(left)} and {draw.say_the(right)}"
    program = chain(Correlation(left.name, right.name, method))
    return Candidate(program, {"noun": noun}, "number", rounds=True, variant=method, settled=NAMED_METHOD)


def _regression(draw: Draw) -> Candidate:
    x, y = draw.measure(), draw.measure()
    if min(x.unique, y.unique) < MANY_VALUES:
        raise CannotDraw
    if x.role == "additive" and y.role == "intensive":
        x, y = y, x  # a price predicts sales, not the reverse
    if is_given(y):
        raise CannotDraw  # nothing makes a person older
    part: Literal["slope", "r2"] = draw.choice(("slope", "slope", "r2"))
    words = "R²" if part == "r2" else part
    noun = f"{words} of the least-squares line that predicts {draw.say_the(y)} from {draw.say_the(x)}"
    return Candidate(chain(Regression(x.name, y.name, part)), {"noun": noun}, "number", rounds=True, variant=part)


def _strongest(draw: Draw) -> Candidate:
    columns = [draw.measure() for _ in range(draw.choice((3, 3, 4)))]
    if min(column.unique for column in columns) < MANY_VALUES:
        raise CannotDraw
    method = draw.choice(("pearson", "pearson", "spearman"))
    headers = [draw.spoken[column.name].quoted for column in columns]  # the answer is two of them
    slots = {"names": f"{', '.join(headers[:-1])} and {headers[-1]}", "method": method.capitalize()}
    return Candidate(
        chain(StrongestPair(tuple(column.name for column in columns), method)),
        slots,
        "set",
        item="category",
        form=draw.choice((" Give the two column names.", " Answer with the names of the two columns.")),
        variant=method,
        settled=NAMED_METHOD,
    )


FAMILIES = (
    Family("correlation", "relate", _correlation, VALUE, weight=2),
    Family("regression", "relate", _regression, VALUE, conditions=(0, 1)),
    Family("strongest_pair", "relate", _strongest, STRONGEST, conditions=(0, 1)),
)
