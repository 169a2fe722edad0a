"""Questions of a user's own about one table: pairs of a question and its answer, from a CSV or JSON Lines file.

They are taken unchanged. Only their form is checked: an answer that does not fit its type is an error.
"""

import re
from pathlib import Path
from typing import Any, cast

import msgspec
from loguru import logger

from tabletutor.matching.fit import Misfit, fit
from tabletutor.matching.numerals import read_numeral
from tabletutor.questions.pair_files import Pair, WrittenPair, read_pairs
from tabletutor.records.identity import content_id
from tabletutor.records.question import AnswerSpec, AnswerType, Question
from tabletutor.records.record import decoder, read_record, write_records
from tabletutor.records.table import Split, TableProfile

SOURCE = "pairs"  # also the family, category and wording of its questions
PAIR = "pair:"  # before a user's id of a pair, in the tags of its question

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?", re.ASCII)
_CONTAINERS = frozenset[AnswerType]({"list", "set", "mapping", "record", "table"})
_MEASURES = frozenset[AnswerType]({"number", "percentage"})


def build_pairs(pairs: Path, *, profile_path: Path, split: Split, questions: Path, rejects: Path) -> list[Question]:
    """Write the questions of a file of pairs, sorted by id, and an empty file of rejects; return the questions.

    Raises ValueError naming file, line and column if a pair is malformed, an answer does not fit its type, or two pairs
    have the same question or the same id.
    """
    profile = read_record(profile_path, TableProfile)
    seen: dict[tuple[str, str], str] = {}
    result: list[Question] = []
    for written in read_pairs(pairs):
        text = " ".join(written.pair.question.casefold().split())
        for column, value in (("question", text), ("id", written.pair.id)):
            if value is not None and (first := seen.setdefault((column, value), written.where)) != written.where:
                raise ValueError(f"{written.where}: {column}: the same as at {first}; change or remove one")
        result.append(_question(written, profile, split))
    logger.info("{}: {} questions from {}", profile.table, len(result), pairs)
    write_records(rejects, ())
    write_records(questions, sorted(result, key=lambda question: question.question_id))
    return result


def _question(written: WrittenPair, profile: TableProfile, split: Split) -> Question:
    pair = written.pair
    try:
        answer = _json(pair)
        answer_type = pair.answer_type or infer_type(answer)
        if answer_type == "integer" and pair.answer_type is None and _is_measured(pair):
            answer_type = "number"
    except Misfit as fault:
        raise ValueError(f"{written.where}: answer: {fault}") from fault
    if fault := _spec_fault(pair, answer_type):
        raise ValueError(f"{written.where}: {fault}")
    spec = AnswerSpec(pair.decimals, pair.item, pair.unit, tuple(pair.parts.items()), pair.tolerance)
    try:
        answer = fit(answer, answer_type, spec)
    except Misfit as fault:
        raise ValueError(
            f"{written.where}: answer: does not fit the type {answer_type}: {fault}; correct the answer, or set "
            "answer_type"
        ) from fault
    identity = (
        content_id(SOURCE, profile.table, pair.id)
        if pair.id is not None
        else content_id(SOURCE, profile.sha256, pair.question, answer_type, msgspec.to_builtins(spec))
    )
    return Question(
        question_id=identity,
        table=profile.table,
        source=SOURCE,
        text=pair.question,
        answer_type=answer_type,
        answer_spec=spec,
        answer=answer,
        family=SOURCE,
        category=SOURCE,
        composition=SOURCE,
        wording=SOURCE,
        novelty="trained" if split == "train" else "other_source",
        difficulty=pair.difficulty,
        hint=pair.hint.strip(),
        tags=(f"{PAIR}{pair.id}",) if pair.id is not None else (),
    )


def infer_type(answer: Any) -> AnswerType:
    """Return the type of an answer that has none declared, by its form.

    Raises Misfit for a list, because only its author knows whether the order counts, and for other JSON.
    """
    match answer:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return _infer_from_text(answer.strip())
        case dict():
            values = cast("dict[str, Any]", answer).values()
            return "table" if answer and all(isinstance(value, dict) for value in values) else "mapping"
        case list():
            raise Misfit("a list may be ordered or not; set answer_type to list (the order counts) or set")
        case _:
            raise Misfit(f"{answer!r} has no type; set answer_type")


def _infer_from_text(text: str) -> AnswerType:
    if text.casefold() in ("true", "false", "yes", "no"):
        return "boolean"
    if _DATE.fullmatch(text):
        return "date"
    if text.endswith("%") and read_numeral(text[:-1]) is not None:
        return "percentage"
    value = read_numeral(text)
    return "category" if value is None else "integer" if isinstance(value, int) else "number"


def _json(pair: Pair) -> Any:
    """Return the answer as JSON: text that spells a list or an object is read, unless its type is that of a text."""
    text = pair.answer
    if not isinstance(text, str):
        return text
    if not text.strip():
        raise Misfit("is empty; write the answer")
    if pair.answer_type in _CONTAINERS or (pair.answer_type is None and text.strip()[0] in "[{"):
        try:
            return decoder(object).decode(text)
        except msgspec.DecodeError as error:
            raise Misfit(f"{text!r} is not JSON ({error}); mend it, or set answer_type to category") from error
    return text


def _is_measured(pair: Pair) -> bool:
    return pair.decimals is not None or pair.tolerance is not None


def _spec_fault(pair: Pair, answer_type: AnswerType) -> str | None:
    """Return which column has no meaning for the answer's type, and what to do, or None."""
    if pair.item is not None and answer_type not in _CONTAINERS:
        return f"item: a {answer_type} has no members; remove it"
    if pair.item in _CONTAINERS:
        return f"item: a member cannot be a {pair.item}; use the type of a single value"
    if pair.parts and answer_type != "record":
        return f"parts: only a record has parts, not a {answer_type}; remove it, or set answer_type to record"
    if "record" in pair.parts.values():
        return "parts: a part cannot be a record; use another type"
    kinds = {answer_type, pair.item, *pair.parts.values()}
    any_number = answer_type in _CONTAINERS and pair.item is None and not pair.parts
    if _is_measured(pair) and not any_number and not kinds & _MEASURES:
        column = "decimals" if pair.decimals is not None else "tolerance"
        return f"{column}: applies to numbers and percentages, not to type {answer_type}; remove it, or set answer_type"
    return None
