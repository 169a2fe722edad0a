"""Questions about one table, with the type of their answer."""

from typing import Any, Literal

import msgspec

from tabletutor.records.episode import IncidentCause
from tabletutor.records.record import Record

AnswerType = Literal[
    "integer", "number", "percentage", "category", "boolean", "date", "list", "set", "mapping", "record", "table"
]
Difficulty = Literal["easy", "medium", "hard"]
Novelty = Literal["trained", "new_wording", "new_composition", "other_source"]

CLAUSE = "clause:"  # before the name of another reading, in the tags of a question whose text has a clause against it


class AnswerSpec(Record, frozen=True):
    """The rules for comparing an answer.

    `decimals`: the decimal places the question declares, or None for full precision (relative 1e-6). `item`: the type
    of the members of a list or set, or of the values of a mapping or a table. `parts` are the names of the parts of a
    record, each with its type. `unit` is informative. `tolerance`: numbers this far apart are equal too.
    """

    decimals: int | None = None
    item: AnswerType | None = None
    unit: str | None = None
    parts: tuple[tuple[str, AnswerType], ...] = ()
    tolerance: float | None = None


class Question(Record, frozen=True):
    """A question. `answer` is JSON: dates as ISO 8601 text, a set as a sorted list. `program` is the typed program that
    answers the question (None from other sources). `hint` is for teachers and never reaches a student. `wording` is the
    id of the template. `composition` names the kind of question: the family, its variant and the pieces of its
    population. `novelty` says whether training tables may have the question's composition and wording; "other_source"
    is a question of another source about a table that is not trained on. `control` is what a language model answered
    from the text alone, if one was asked.
    """

    question_id: str
    table: str
    source: str
    text: str
    answer_type: AnswerType
    answer_spec: AnswerSpec
    answer: Any
    family: str
    category: str
    wording: str
    novelty: Novelty
    difficulty: Difficulty
    composition: str = ""
    hint: str = ""
    program: dict[str, Any] | None = None
    engines: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    tags: tuple[str, ...] = ()
    control: Any = msgspec.UNSET


RejectReason = Literal[
    "engines_disagree",
    "engine_error",
    "no_answer",
    "tie",
    "trivial",
    "too_few_rows",
    "duplicate",
    "guessable",
    "ambiguous",  # another reading of the text gives another answer
    "dull",  # the statistic says nothing about this column
    # Of questions that a language model asks:
    "malformed",  # the proposal does not fit the schema, also after two corrections
    "length",  # the text is empty or too long
    "mentions_tools",  # the text mentions the hint, the data frame or code
    "unknown_column",  # the text names a column that the table does not have
    "ill_typed",  # the program does not fit the table, or its answer is not of the declared type
    "surplus",  # the table has enough questions without it
]


class Reject(Record, frozen=True):
    """A rejected candidate question and the reason. `detail` holds the engines' answers if they disagree.

    `incident` is set only if the sandbox stopped the cell that computes the answer. `readings` names the other readings
    that give another answer, if the reason is "ambiguous".
    """

    table: str
    family: str
    text: str
    reason: RejectReason
    detail: str = ""
    incident: IncidentCause | msgspec.UnsetType = msgspec.UNSET
    readings: tuple[str, ...] = ()
