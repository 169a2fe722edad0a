"""All kinds of planted errors, and the wrong answers to one question."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.matching.match import match
from tabletutor.programs import grammar as g
from tabletutor.programs.typecheck import IllTypedError
from tabletutor.questions.readings.reading import Table
from tabletutor.questions.wording import column_words
from tabletutor.records.identity import rng
from tabletutor.records.question import Question
from tabletutor.records.table import TableProfile
from tests.support.planted.answers import WRONG_ANSWERS
from tests.support.planted.programs import WRONG_PROGRAMS

KINDS = (*WRONG_PROGRAMS, *WRONG_ANSWERS)
CANDIDATES = 8  # wrong programs of one kind that are tried on one question


class PlantedError(NamedTuple):
    """A wrong answer to a question. `program` gives it, or is None if only the form of the answer is wrong."""

    kind: str
    answer: Any
    program: g.Program | None


def plant(
    question: Question, profile: TableProfile, run: Callable[[g.Program], Any], config: VerdictsConfig, seed: int = 0
) -> tuple[PlantedError, ...]:
    """Return one error of each kind that fits the question and gives another answer, as the typed matcher compares.

    `run` returns the answer of a program, or raises NoAnswer or IllTypedError.
    """
    errors: list[PlantedError] = []
    for kind in KINDS:
        candidates = islice(_candidates(kind, question, profile, run, seed), CANDIDATES)
        for answer, program in candidates:
            if not match(question.answer, answer, question.answer_type, question.answer_spec, config):
                errors.append(PlantedError(kind, answer, program))
                break
    return tuple(errors)


def _candidates(
    kind: str, question: Question, profile: TableProfile, run: Callable[[g.Program], Any], seed: int
) -> Iterator[tuple[Any, g.Program | None]]:
    if kind in WRONG_ANSWERS:
        yield from ((answer, None) for answer in WRONG_ANSWERS[kind](question))
        return
    program = g.from_json(question.program or {})
    source = rng(seed, "planted", kind, question.question_id)
    for wrong in WRONG_PROGRAMS[kind](program, Table(profile, column_words), source):
        try:
            yield run(wrong), wrong
        except (g.NoAnswer, IllTypedError):
            continue
