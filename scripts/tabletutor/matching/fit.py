"""Bring an answer that a person has written into the JSON form of its declared type, or say why it does not fit."""

from typing import Any, cast

from tabletutor.matching.canonical import Exact, Missing, Number, Unfit, canonical, category_text, type_of_member
from tabletutor.records.question import AnswerSpec, AnswerType

_MISSING = "a value is missing; an answer has a value everywhere"


class Misfit(ValueError):
    """An answer does not fit its type. The message names the value and its form."""


def fit(value: Any, answer_type: AnswerType, spec: AnswerSpec) -> Any:
    """Return an answer as `Question.answer` has it: numerals as numbers, "yes" as true, a set sorted without repeats.

    Texts and dates stay as they are written. The result equals the value (`match`). Raises Misfit if the value, or one
    inside it, is missing or does not fit its type.
    """
    match answer_type:
        case "list" | "set":
            members = [_fit_scalar(member, spec.item) for member in _list(value, answer_type)]
            return members if answer_type == "list" else _without_repeats(members, spec)
        case "mapping":
            return {_key(name): _fit_scalar(each, spec.item) for name, each in _dict(value, answer_type).items()}
        case "table":
            return {
                _key(name): {_key(column): _fit_scalar(cell, spec.item) for column, cell in _dict(row, "row").items()}
                for name, row in _dict(value, answer_type).items()
            }
        case "record":
            return _fit_record(_dict(value, answer_type), spec)
        case _:
            return _fit_scalar(value, answer_type)


def _fit_record(parts: dict[str, Any], spec: AnswerSpec) -> dict[str, Any]:
    kinds = dict(spec.parts)
    if kinds and kinds.keys() != parts.keys():
        raise Misfit(f"the record has the parts {', '.join(parts)}, but {', '.join(kinds)} are declared")
    return {name: fit(value, kinds[name], spec) if kinds else _fit_scalar(value, None) for name, value in parts.items()}


def _fit_scalar(value: Any, answer_type: AnswerType | None) -> Any:
    kind = answer_type or type_of_member(value)
    if value is None:
        raise Misfit(_MISSING)
    form = Unfit(()) if kind is None else canonical(value, kind, AnswerSpec())
    match form:
        case Missing():
            raise Misfit(_MISSING)
        case Number():
            return form.value
        case Exact(kind="integer" | "boolean"):
            return form.value
        case Exact(kind="text"):
            return value.strip() if isinstance(value, str) else category_text(value)
        case Exact():
            return value.strip()
        case _:
            raise Misfit(f"{value!r} is no {kind or 'text, number or boolean'}")


def _without_repeats(members: list[Any], spec: AnswerSpec) -> list[Any]:
    kinds: list[AnswerType] = [spec.item or type_of_member(each) or "category" for each in members]
    distinct = {canonical(each, kind, AnswerSpec()): each for each, kind in zip(members, kinds, strict=True)}
    return sorted(distinct.values(), key=lambda each: (1, 0, each) if isinstance(each, str) else (0, each, ""))


def _key(name: str) -> str:
    return name.strip()


def _list(value: Any, kind: str) -> list[Any]:
    if not isinstance(value, list):
        raise Misfit(f'{value!r} is no {kind}; write it as JSON: ["a", "b"]')
    return cast("list[Any]", value)


def _dict(value: Any, kind: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        example = '{"row": {"column": 1}}' if kind == "table" else '{"name": 1}'
        raise Misfit(f"{value!r} is no {kind}; write it as JSON: {example}")
    return cast("dict[str, Any]", value)
