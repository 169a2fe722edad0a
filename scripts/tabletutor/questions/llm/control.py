"""The control without data: the model that asks a question answers it from the text alone.

A question that can be answered so measures what a model has read, not what it computes.
"""

import ast
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.matching.match import match
from tabletutor.models.parse import parse_turn
from tabletutor.questions.llm.converse import converse
from tabletutor.questions.llm.prompts import control_messages
from tabletutor.records.identity import digest, rng
from tabletutor.records.journal import Journal, unfinished
from tabletutor.records.question import Question
from tabletutor.records.record import Record, decode, encode
from tabletutor.students.rollout import Opening
from tabletutor.teachers.open import OpenTeacher

_SUBMITTED = re.compile(r"\bsubmit\((.*)\)", re.DOTALL)
_LONGEST = 2000  # characters of a guess


class Guess(Record, frozen=True):
    """The turn in which a model guesses an answer."""

    turn: str


def with_controls(questions: Sequence[Question], teacher: OpenTeacher, seed: int, journal: Journal) -> list[Question]:
    """Return the questions with what the teacher answers without the table. Guesses go to the journal."""
    together = digest([question.question_id for question in questions])[:16] if teacher.batches else ""
    keys = [f"control {together} {question.question_id}" for question in questions]
    left = unfinished(journal, keys, teacher.batches)
    if left:
        openings = {
            number: Opening(
                control_messages(questions[number].table, questions[number].text),
                questions[number].table,
                rng(seed, "control", questions[number].question_id),
            )
            for number in left
        }
        for number, turns in converse(teacher.turns(0.0, len(left)), openings, lambda *_: None):
            journal.put(keys[number], encode(Guess(turns[0] if turns else "")))
    return [
        msgspec.structs.replace(question, control=guessed_value(decode(journal.get(key) or b"", Guess).turn))
        for question, key in zip(questions, keys, strict=True)
    ]


def guessed_value(turn: str) -> Any:
    """Return the value in a guess as JSON: that of a fenced block, of `submit(…)`, or of the whole turn; else its text.

    Never raises.
    """
    fenced = parse_turn(turn).code if "```" in turn else None
    for text in (fenced, turn):
        if text is None:
            continue
        submitted = _SUBMITTED.search(text)
        for read, source in ((_literal, submitted[1] if submitted else ""), (_json, text)):
            if (value := read(source.strip()[:_LONGEST])) is not msgspec.UNSET:
                return value
    return " ".join((fenced or turn).split())[:_LONGEST]


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return msgspec.UNSET


def _literal(text: str) -> Any:
    try:
        return msgspec.json.decode(msgspec.json.encode(ast.literal_eval(text)))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError, msgspec.MsgspecError):
        return msgspec.UNSET


def is_guessable(question: Question, config: VerdictsConfig) -> bool:
    """Return whether the control gives the answer of a question, if its answer is known."""
    return (
        question.control is not msgspec.UNSET
        and question.answer is not None
        and match(question.answer, question.control, question.answer_type, question.answer_spec, config)
    )
