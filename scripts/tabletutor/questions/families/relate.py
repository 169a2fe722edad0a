"""Relate: the correlation of two numeric columns."""

from tabletutor.programs.grammar import Correlation, Where
from tabletutor.questions.draw import Draw
from tabletutor.questions.family import Candidate, Family, chain
from tabletutor.questions.wording import column_words, equals_words


def _correlation(draw: Draw) -> Candidate:
    left, right = draw.measure(), draw.measure()
    slots = {"left": column_words(left.name), "right": column_words(right.name)}
    return Candidate(chain(Correlation(left.name, right.name)), slots, "number")


def _correlation_where(draw: Draw) -> Candidate:
    column = draw.category()
    value = draw.value(column)
    inner = _correlation(draw)
    where = equals_words(column.name, value, draw.source)
    program = chain(Where(column.name, "==", value), *inner.program.steps)
    return Candidate(program, {**inner.slots, "where": where}, "number")


FAMILIES = (
    Family(
        "correlation",
        "correlation",
        _correlation,
        (
            "What is the [Pearson correlation|correlation] between {left} and {right}?",
            "[Find|Compute|Calculate] the [Pearson correlation|correlation coefficient] of {left} and {right}.",
            "How strongly are {left} and {right} correlated (Pearson's r)?",
            "[Tell me|Report] the correlation of {left} with {right}.",
            "Give Pearson's r for {left} and {right}.",
            "Do {left} and {right} move together? Give the correlation coefficient.",
            "As a number between -1 and 1, how closely does {left} follow {right} (Pearson)?",
        ),
        rounds=True,
    ),
    Family(
        "correlation_where",
        "correlation",
        _correlation_where,
        (
            "Among [rows|records] {where}, what is the correlation between {left} and {right}?",
            "[Find|Compute] the Pearson correlation of {left} and {right} for [rows|records] {where}.",
            "Considering only [rows|records] {where}, how strongly are {left} and {right} correlated (Pearson's r)?",
            "Keep the [rows|records] {where} and give the correlation of {left} with {right}.",
        ),
        rounds=True,
    ),
)
