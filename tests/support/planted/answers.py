"""Wrong forms of a right answer: percent or fraction, units, rounding, members lost."""

import math
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, cast

from tabletutor.programs.answers import to_iso
from tabletutor.records.question import Question

WrongAnswers = Callable[[Question], Iterator[Any]]
SHORT = 2  # decimals of someone who rounds too early


def _numbers(change: Callable[[float, Question], float | None]) -> WrongAnswers:
    """Return answers in which every number is changed, also inside a list, set or mapping."""

    def vary(question: Question) -> Iterator[Any]:
        kinds = (question.answer_type, question.answer_spec.item)
        if not {"integer", "number", "percentage"} & set(kinds):
            return
        wrong = _map(question.answer, lambda value: change(value, question))
        if wrong is not None:
            yield wrong

    return vary


def _map(answer: Any, change: Callable[[float], float | None]) -> Any:
    """Return the answer with each number changed, or None if one can't be."""
    if isinstance(answer, list | dict):
        pairs = enumerate(cast("list[Any]", answer)) if isinstance(answer, list) else cast("Any", answer).items()
        changed = {key: _map(value, change) for key, value in pairs}
        if None in changed.values():
            return None
        return list(changed.values()) if isinstance(answer, list) else changed
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        return change(answer)
    return None


def _is_percentage(question: Question) -> bool:
    return "percentage" in (question.answer_type, question.answer_spec.item)


def _fraction(value: float, question: Question) -> float | None:
    return value / 100 if _is_percentage(question) else None


def _percent(value: float, question: Question) -> float | None:
    return 100 * value if not _is_percentage(question) and isinstance(value, float) and abs(value) <= 1 else None


def _thousands(value: float, question: Question) -> float | None:
    return None if _is_percentage(question) or abs(value) < 1000 else value / 1000


def _cut(value: float, question: Question) -> float | None:
    """Cut the digits after the declared decimals less one, or after the second if none are declared."""
    if not isinstance(value, float):
        return None
    decimals = question.answer_spec.decimals
    scale = 10.0 ** (SHORT if decimals is None else max(decimals - 1, 0))
    return math.trunc(value * scale) / scale


def _sign(value: float, question: Question) -> float | None:
    return -value if isinstance(value, float) and not _is_percentage(question) else None


def _one_more(question: Question) -> Iterator[Any]:
    if question.answer_type == "integer":
        yield question.answer + 1
        yield question.answer - 1


def _member_lost(question: Question) -> Iterator[Any]:
    answer = question.answer
    if question.answer_type in ("list", "set"):
        yield answer[:-1]
    if question.answer_type in ("mapping", "table"):
        yield dict(list(answer.items())[:-1])


def _reversed(question: Question) -> Iterator[Any]:
    if question.answer_type == "list":
        yield question.answer[::-1]


def _values_moved(question: Question) -> Iterator[Any]:
    """Give each name of a mapping or a record the value of the next."""
    if question.answer_type in ("mapping", "record"):
        names, values = list(question.answer), list(question.answer.values())
        yield dict(zip(names, [*values[1:], values[0]], strict=True))


def _day_and_month(question: Question) -> Iterator[Any]:
    if question.answer_type == "date":
        instant = datetime.fromisoformat(question.answer)
        if instant.day <= 12:
            yield to_iso(instant.replace(month=instant.day, day=instant.month))


def _not(question: Question) -> Iterator[Any]:
    if question.answer_type == "boolean":
        yield not question.answer


WRONG_ANSWERS: dict[str, WrongAnswers] = {
    "fraction for percent": _numbers(_fraction),
    "percent for fraction": _numbers(_percent),
    "unit (thousands)": _numbers(_thousands),
    "digits cut off": _numbers(_cut),
    "sign": _numbers(_sign),
    "count off by one": _one_more,
    "last member lost": _member_lost,
    "list reversed": _reversed,
    "values moved": _values_moved,
    "day and month swapped": _day_and_month,
    "yes for no": _not,
}
