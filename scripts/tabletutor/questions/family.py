"""What a family of questions is: a way to build a program from a table, and many ways to say it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tabletutor.programs.grammar import Aggregate, Program, Round, Step
from tabletutor.questions.draw import Draw
from tabletutor.records.question import AnswerType


@dataclass(frozen=True)
class Candidate:
    """A program with the words for its slots and the type of its answer; not yet known to have a good answer."""

    program: Program
    slots: Mapping[str, str]
    answer_type: AnswerType
    item: AnswerType | None = None
    unit: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Family:
    """A family. `build` raises `CannotDraw` where the table does not fit. The last wordings are the ones held out.

    `rounds`: its answer is a real number that may be asked for rounded.
    """

    name: str
    category: str
    build: Callable[[Draw], Candidate]
    wordings: tuple[str, ...]
    rounds: bool = False
    hint: str = field(default="")


def chain(*steps: Step) -> Program:
    """A program of one chain."""
    return Program(steps=steps)


def with_rounding(program: Program, decimals: int) -> Program:
    """The program with its answer rounded."""
    step = Round(decimals)
    if program.join is not None:
        return Program(program.steps, program.other, program.join, (step,))
    return Program((*program.steps, step))


def number_type(step: Aggregate, kind: str) -> AnswerType:
    """The answer type of an aggregate over a column of a numeric kind."""
    counts = step.aggregation in ("nunique", "count")
    return "integer" if counts or (kind == "integer" and step.aggregation in ("sum", "min", "max")) else "number"
