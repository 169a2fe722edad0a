"""The type of a question family: a way to build a program from a table, and several wordings for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tabletutor.programs.grammar import Program, Round, Step
from tabletutor.questions.draw import Draw
from tabletutor.questions.readings.reading import ReadingName
from tabletutor.records.question import AnswerType


@dataclass(frozen=True)
class Candidate:
    """A program, the words for the slots of its wordings, and the type of its answer. No engine has run it yet.

    `item` is the type of the members of a list, set, mapping or table, `parts` are the types of the parts of a record,
    and `unit` is the unit of the answer. `form` is a sentence on the form of the answer. `variant` distinguishes
    candidates of one family that do different work, such as a mean and a median. `subject` is the measured column,
    which a preparation may fill or free of outliers. `settled` names the readings that the words already rule out
    (`readings/`). `rounds`: the question may ask for a rounded answer, if it is a number or a percentage. The tag
    `binary_choice` allows the answer to occur in the question.
    """

    program: Program
    slots: Mapping[str, str]
    answer_type: AnswerType
    item: AnswerType | None = None
    parts: tuple[tuple[str, AnswerType], ...] = ()
    unit: str | None = None
    form: str = ""
    variant: str = ""
    subject: str | None = None
    settled: frozenset[ReadingName] = frozenset()
    rounds: bool = False
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Family:
    """A question family. `build` raises `CannotDraw` for a table that does not fit.

    The last of the `wordings` are held out from training. Wordings with the slots `{back}` or `{front}` can be asked
    about a part of the table: `conditions` is the least and the largest number of conditions on the rows. `front`: the
    conditions come before the sentence, because after it they could belong to a part of it only. `weight`: how often
    the family has a turn, compared with the others.
    """

    name: str
    category: str
    build: Callable[[Draw], Candidate]
    wordings: tuple[str, ...]
    conditions: tuple[int, int] = (0, 2)
    weight: int = 1
    front: bool = False


def chain(*steps: Step) -> Program:
    """Return a program of one chain."""
    return Program(steps=steps)


def with_rounding(program: Program, decimals: int) -> Program:
    """Return the program with its answer rounded."""
    step = Round(decimals)
    if program.join is not None:
        return Program(program.steps, program.other, program.join, (step,))
    return Program((*program.steps, step))
