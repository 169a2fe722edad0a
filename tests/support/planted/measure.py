"""Judge questions with planted errors: by engines, by traces of a scripted student, and by both."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, cast

from msgspec.structs import replace
from statsmodels.stats.proportion import proportion_confint

from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.matching.match import match
from tabletutor.records.episode import Episode, Replay, Role, Trace
from tabletutor.records.identity import rng
from tabletutor.records.question import Question
from tabletutor.verdicts.verify import judge
from tests.support.planted.errors import PlantedError
from tests.support.planted.student import student_answers

CONFIG = VerdictsConfig()
Readers = Literal["agree", "not_against"]


class Case(NamedTuple):
    """A question with its right answer, what its gold trace submits, and the errors that fit it.

    `duckdb` has DuckDB's answer to the program of each error, or the error's answer if DuckDB can't run that program.
    """

    question: Question
    gold: Any
    errors: tuple[PlantedError, ...]
    duckdb: tuple[Any, ...]


class Student(NamedTuple):
    """A scripted student that gives `n` answers, each right with probability `p`.

    `shared` is the share of its wrong answers that are the gold's error.
    """

    n: int
    p: float
    shared: float = 0.0


class Share(NamedTuple):
    """Some cases out of a whole: `part` of `whole`."""

    part: int
    whole: int

    @property
    def rate(self) -> float:
        """The share, or 0 of no cases."""
        return self.part / self.whole if self.whole else 0.0

    def interval(self) -> tuple[float, float]:
        """Return Wilson's 95 % interval."""
        low, high = cast("tuple[float, float]", proportion_confint(self.part, self.whole, method="wilson"))
        return max(0.0, float(low)), min(1.0, float(high))


def _trace(name: str, role: Role, answer: Any) -> Trace:
    return Trace(name, role, "scripted", (), "submit", answer)


def _is_verified(question: Question, gold: Any, answers: Sequence[Any] = (), config: VerdictsConfig = CONFIG) -> bool:
    traces = (_trace("gold", "gold", gold), *(_trace(f"t{n}", "independent", a) for n, a in enumerate(answers)))
    episode = Episode("e", question.question_id, question.table, traces)
    states: dict[str, Any] = {trace.trace_id: () for trace in traces}
    return judge(episode, question, Replay(question.question_id, question.table, states), config).verified


def engines_verify(question: Question, gold: Any) -> bool:
    """Return whether the engines verify what a gold trace submitted."""
    return _is_verified(question, gold)


def traces_verify(question: Question, gold: Any, answers: Sequence[Any]) -> bool:
    """Return whether independent traces alone verify what a gold trace submitted."""
    return _is_verified(replace(question, source="llm", answer=None, program=None, engines={}), gold, answers)


def both_verify(question: Question, gold: Any, answers: Sequence[Any], readers: Readers) -> bool:
    """Return whether engines and independent traces verify what a gold trace submitted."""
    return _is_verified(question, gold, answers, VerdictsConfig(readers=readers))


def engines_refuse_one_wrong(case: Case, error: PlantedError) -> bool:
    """Return whether the engines refuse an error of the gold trace, of pandas with it, and of the stated answer."""
    question, wrong = case.question, error.answer
    with_pandas = replace(question, engines={**question.engines, "pandas": wrong})
    with_stated = replace(question, answer=wrong, engines={**question.engines, "duckdb": wrong})
    planted = ((question, wrong), (with_pandas, wrong), (with_stated, case.gold))
    return not any(engines_verify(*each) for each in planted)


def with_wrong_program(case: Case, place: int) -> Question:
    """Return the question with the wrong program of one error. Each engine runs it, and its answer is stated."""
    wrong = case.errors[place].answer
    engines = {"polars": wrong, "duckdb": case.duckdb[place], "pandas": wrong}
    return replace(case.question, answer=wrong, engines=engines)


def read(case: Case, error: PlantedError | None, student: Student, seed: int) -> list[Any]:
    """Return the answers of a scripted student that reads the question. `error` is that of the gold answer, if any."""
    source = rng(seed, "student", case.question.question_id, error and error.kind, student)
    return student_answers(
        case.question.answer,
        [each.answer for each in case.errors],
        n=student.n,
        p=student.p,
        source=source,
        error=error and error.answer,
        shared=student.shared if error else 0.0,
    )


def error_share(case: Case, error: PlantedError) -> float:
    """Return the share of a question's wrong answers that equal this one."""
    question = case.question
    same = [
        match(error.answer, each.answer, question.answer_type, question.answer_spec, CONFIG) for each in case.errors
    ]
    return sum(same) / len(same)
