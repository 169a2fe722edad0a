"""Answer proposed questions that come with a program: three engines must agree, and the text must have one reading."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import duckdb
import msgspec
import polars as pl

from tabletutor.matching.canonical import Entries, Items, Missing, Unfit, canonical
from tabletutor.programs import duckdb_engine, polars_engine
from tabletutor.programs.grammar import all_steps, from_json, is_other_reading, size
from tabletutor.programs.typecheck import IllTypedError
from tabletutor.questions.generate import difficulty
from tabletutor.questions.header_words import SpokenColumn, spoken_columns
from tabletutor.questions.validate import Rejected, check
from tabletutor.records.question import Question, Reject, RejectReason
from tabletutor.records.table import TableProfile
from tabletutor.sandbox.host.pool import Sandbox
from tabletutor.sandbox.protocol.result import CellResult

MOST_STEPS = 20
# What engines and checks may raise for a program that no family of questions would make.
_FAILURES = (
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    duckdb.Error,
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
)


class ProgramCheck(NamedTuple):
    """The engines for one table."""

    profile: TableProfile
    spoken: dict[str, SpokenColumn]
    frame: pl.DataFrame
    connection: duckdb.DuckDBPyConnection
    box: Sandbox

    def answer(self, question: Question) -> Question:
        """Return the question with its answer, those of the engines, clauses, and the difficulty of its program.

        Raises Rejected as `questions.validate.check`, and if the program does not fit the table or the declared type.
        """
        program = from_json(question.program or {})
        if len(steps := all_steps(program)) > MOST_STEPS or any(map(is_other_reading, steps)):
            raise _rejected(question, "ill_typed", f"more than {MOST_STEPS} steps, or a field for other readings only")
        try:
            checked = check(
                question,
                self.profile,
                self.spoken,
                polars=lambda each: polars_engine.run(each, self.frame),
                duckdb=lambda each: duckdb_engine.run(each, self.connection),
                run_cell=self._run_cell,
            )
        except IllTypedError as error:
            raise _rejected(question, "ill_typed", str(error)) from error
        except _FAILURES as error:
            raise _rejected(question, "engine_error", f"{type(error).__name__}: {error}") from error
        if not _fits(checked):
            raise _rejected(question, "ill_typed", f"the program gives {checked.answer!r}, no {question.answer_type}")
        return msgspec.structs.replace(checked, difficulty=difficulty(size(program)))

    def _run_cell(self, source: str, question_id: str) -> CellResult:
        with self.box.session(question_id) as session:
            return session.run(source)


@contextmanager
def open_program_check(profile: TableProfile, parquet: Path, box: Sandbox) -> Generator[ProgramCheck]:
    """Provide the engines for one table."""
    connection = duckdb_engine.connect(parquet)
    try:
        yield ProgramCheck(profile, dict(spoken_columns(profile)), polars_engine.load(parquet), connection, box)
    finally:
        connection.close()


def _fits(question: Question) -> bool:
    """Return whether an answer is of the type that the question declares."""
    value = canonical(question.answer, question.answer_type, question.answer_spec)
    members = [value]
    if isinstance(value, Items):
        members = list(value.members)
    elif isinstance(value, Entries):
        members = [member for _, _, member in value.entries]
    return not any(isinstance(member, Unfit | Missing) for member in members)


def _rejected(question: Question, reason: RejectReason, detail: str) -> Rejected:
    short = " ".join(detail.split())[:300]
    return Rejected(Reject(question.table, question.family, question.text, reason, short))
