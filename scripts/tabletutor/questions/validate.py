"""Check a candidate question: three engines must agree on an answer that is unique, well supported and not trivial.

Its text must have one reading: a clause is added for each other reading that gives another answer.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.matching.match import match
from tabletutor.programs.grammar import Count, Filter, GroupCount, NoAnswer, Program, Round, Share, from_json
from tabletutor.programs.pandas_source import render
from tabletutor.questions.foregone import find_foregone
from tabletutor.questions.generate import SETTLED, with_text
from tabletutor.questions.header_words import SpokenColumn
from tabletutor.questions.interest import is_dull
from tabletutor.questions.misleading import find_misleading
from tabletutor.questions.readings.lost_groups import lost_groups
from tabletutor.questions.readings.registry import other_readings
from tabletutor.questions.readings.settle import settle
from tabletutor.questions.readings.words import ruled_out_by_words
from tabletutor.questions.related import find_unrelated
from tabletutor.questions.support import find_lack
from tabletutor.questions.wording import column_words
from tabletutor.records.episode import IncidentCause
from tabletutor.records.identity import rng
from tabletutor.records.question import Question, Reject
from tabletutor.records.table import TableProfile
from tabletutor.sandbox.protocol.result import CellResult

ENGINE_AGREEMENT = VerdictsConfig(relative_tolerance=1e-9)
MIN_ROWS = 3
MAX_MEMBERS = 12
MIN_PERCENT = 1  # of the rows, and of the other rows, in a share

Engine = Callable[[Program], Any]
RunCell = Callable[[str, str], CellResult]  # pandas source, the question's id


class Rejected(Exception):
    """The candidate is rejected; `reject` is the record with the reason."""

    def __init__(self, reject: Reject) -> None:
        super().__init__(reject.reason)
        self.reject = reject


def check(
    question: Question,
    profile: TableProfile,
    spoken: Mapping[str, SpokenColumn],
    *,
    polars: Engine,
    duckdb: Engine,
    run_cell: RunCell,
) -> Question:
    """Return the question with its answer, the answer of each engine, and the clauses that give it one reading.

    `spoken` has the words for the columns; `run_cell` runs source in a new session. Raises Rejected if the engines
    disagree, a filter leaves fewer than `MIN_ROWS` rows, `find_flaw`, `is_dull` or another check finds a fault, or no
    words can give the question one reading.
    """
    program = from_json(question.program or {})
    answers: dict[str, Any] = {}
    for name, engine in (("polars", polars), ("duckdb", duckdb)):
        try:
            answers[name] = engine(program)
        except NoAnswer as error:
            raise _rejection(question, error.reason, str(error)) from error
    _check_agreement(question, answers, "polars", "duckdb")
    answer = answers["duckdb"]
    if reason := find_flaw(question, answer, profile.rows):
        raise _rejection(question, reason, repr(answer))
    if fault := is_dull(program, profile, answer):
        raise _rejection(question, "dull", fault)
    if lack := find_lack(program, profile, polars, answers["polars"]):
        raise _rejection(question, "dull", lack)
    if misleading := find_misleading(program, profile, polars):
        raise _rejection(question, "ambiguous", misleading)
    if foregone := find_foregone(program, profile, polars):
        raise _rejection(question, "dull", foregone)
    if unrelated := find_unrelated(program, polars):
        raise _rejection(question, "dull", unrelated)
    question = _with_one_reading(question, program, profile, spoken, answers["polars"], polars)
    result = run_cell(row_counting_cell(program), question.question_id)
    if not result.submitted:
        detail = f"pandas: {result.ended}: {(result.error or '')[-300:]}"
        raise _rejection(question, "engine_error", detail, result.incident)
    answers["pandas"] = result.answer
    _check_agreement(question, answers, "pandas", "polars")
    for hook in result.hooks:
        if isinstance(hook.value, int) and hook.value < MIN_ROWS:
            raise _rejection(question, "too_few_rows", f"{hook.name} = {hook.value}")
    # Polars' order of summation depends on memory alignment, so its last digits vary from run to run.
    answers["polars"] = round_digits(answers["polars"])
    return msgspec.structs.replace(question, answer=answer, engines=dict(sorted(answers.items())))


def _with_one_reading(
    question: Question,
    program: Program,
    profile: TableProfile,
    spoken: Mapping[str, SpokenColumn],
    answer: Any,
    polars: Engine,
) -> Question:
    """Return the question with a clause for each other reading that gives another answer, and its new id."""
    names = [word for column in spoken.values() for word in (column.plural, column.singular, column.quoted) if word]
    others = other_readings(
        program, profile, lambda name: spoken[name].singular if name in spoken else column_words(name)
    )
    settlement = settle(
        (*others, *lost_groups(program, profile, polars)),
        run=polars,
        matches=lambda other: match(answer, other, question.answer_type, question.answer_spec, ENGINE_AGREEMENT),
        settled={
            *(tag.removeprefix(SETTLED) for tag in question.tags if tag.startswith(SETTLED)),
            *ruled_out_by_words(question.text, names),
        },
    )
    if settlement.reason is not None:
        rejected = _rejection(question, "ambiguous", settlement.reason)
        raise Rejected(msgspec.structs.replace(rejected.reject, readings=settlement.differs))
    text = settlement.complete(question.text, rng(0, "clauses", question.question_id))
    tags = (*(tag for tag in question.tags if not tag.startswith(SETTLED)), *settlement.tags())
    return with_text(msgspec.structs.replace(question, tags=tags), text, profile)


def round_digits(value: Any) -> Any:
    """Return the value with every float rounded to twelve significant digits."""
    match value:
        case float():
            return float(f"{value:.12g}")
        case list():
            return [round_digits(member) for member in value]  # pyright: ignore[reportUnknownVariableType]
        case dict():
            return {name: round_digits(member) for name, member in value.items()}  # pyright: ignore[reportUnknownVariableType]
        case _:
            return value


def row_counting_cell(program: Program) -> str:
    """Return the program as one pandas cell that submits its answer and hooks the number of rows after each filter."""
    lines: list[str] = []
    for block in render(program):
        lines.append(block.code)
        if isinstance(block.step, Filter):
            lines.append(f"hook({block.result!r}, len({block.result}))")
    return "\n".join([*lines, "submit(answer)"])


def find_flaw(question: Question, answer: Any, rows: int) -> str | None:
    """Return the reason to reject a question for its answer ("no_answer", "trivial", "guessable"), or None."""
    if answer is None:
        return "no_answer"
    decimals = question.answer_spec.decimals
    if decimals is not None and isinstance(answer, int | float):
        if abs(answer) < 10.0 ** (1 - decimals):
            return "trivial"  # rounding leaves fewer than two digits
        if answer == round(answer, decimals - 1):
            return "trivial"  # nothing to round, or its last digit is lost in print
    program = from_json(question.program or {})
    if program.parts:
        return None
    last = [step for step in program.steps if not isinstance(step, Round)][-1]
    if isinstance(last, Count) and question.answer_type == "integer" and (answer == 0 or answer == rows):
        return "trivial"
    if isinstance(last, GroupCount) and answer <= 1:
        return "trivial"
    if isinstance(last, Share) and not MIN_PERCENT <= answer <= 100 - MIN_PERCENT:
        return "trivial"
    if isinstance(answer, list | dict) and not 2 <= len(answer) <= MAX_MEMBERS:  # pyright: ignore[reportUnknownArgumentType]
        return "trivial"
    if isinstance(answer, str) and "binary_choice" not in question.tags and contains_answer(answer, question.text):
        return "guessable"
    return None


def contains_answer(answer: str, text: str) -> bool:
    """Return whether the question's text contains the answer as a whole word, so it can be guessed without data."""
    folded, within = answer.casefold().strip(), text.casefold()
    start = within.find(folded) if folded else -1
    while start >= 0:
        before, after = within[start - 1 : start], within[start + len(folded) : start + len(folded) + 1]
        if not before.isalnum() and not after.isalnum():
            return True
        start = within.find(folded, start + 1)
    return False


def _check_agreement(question: Question, answers: dict[str, Any], first: str, second: str) -> None:
    if not match(answers[first], answers[second], question.answer_type, question.answer_spec, ENGINE_AGREEMENT):
        raise _rejection(question, "engines_disagree", repr(round_digits(answers)))


def _rejection(question: Question, reason: Any, detail: str, incident: IncidentCause | UnsetType = UNSET) -> Rejected:
    return Rejected(
        Reject(
            table=question.table,
            family=question.family,
            text=question.text,
            reason=reason,
            detail=detail,
            incident=incident,
        )
    )
