"""What happened when a question was worked on in the sandbox, turn by turn; and what was made of it."""

from typing import Any, Literal

import msgspec

from tabletutor.records.record import Record

Role = Literal["gold", "independent", "perturbed", "student"]
Ended = Literal["submit", "turn_limit", "time", "memory", "crash"]
IncidentCause = Literal["interrupted", "time", "memory", "crash"]  # how the sandbox stopped a cell
StepLabel = Literal["correct", "correctable", "wrong"]
Taxonomy = Literal["verified", "ambiguous", "too_hard", "hint_necessary", "execution_failure"]


class Hook(Record, frozen=True):
    """An intermediate value a cell named. `value` is summarised when large; `value_sha256` covers the whole value."""

    name: str
    value: Any
    value_sha256: str
    depends_on: tuple[str, ...] = ()


class Turn(Record, frozen=True):
    """One turn: what was said, the cell that ran, and what the sandbox truly answered.

    `interrupted` is set only where the soft time-out stopped the cell, so other turns are written without it.
    """

    index: int
    reasoning: str
    code: str
    stdout: str
    error: str | None = None
    hooks: tuple[Hook, ...] = ()
    corrects_turn: int | None = None
    interrupted: Literal[True] | msgspec.UnsetType = msgspec.UNSET


class Trace(Record, frozen=True):
    """A whole attempt. `answer` counts only when `ended` is "submit". `mistake` names what was perturbed."""

    trace_id: str
    role: Role
    teacher: str
    turns: tuple[Turn, ...]
    ended: Ended
    answer: Any = None
    mistake: str | None = None


class Episode(Record, frozen=True):
    """All traces of one question; every one is kept, good or bad."""

    episode_id: str
    question_id: str
    table: str
    traces: tuple[Trace, ...]


class Vote(Record, frozen=True):
    """The cluster of equal answers a trace or engine fell into; clusters are numbered by their smallest member id."""

    voter: str
    cluster: int


class Replay(Record, frozen=True):
    """What the cells of one question's traces set, seen when they were run once more. `states` has for each trace, by
    its id, and each turn the names that were set, in order, a column as `df['x']`, with a digest over the whole value.
    """

    question_id: str
    table: str
    states: dict[str, tuple[tuple[tuple[str, str], ...], ...]]


class Verdict(Record, frozen=True):
    """The judgement on one episode. `trace_correct` and `step_labels`, one label a turn, are by trace id; there are
    labels where the question is verified. `engines` are the answers of the engines.
    """

    question_id: str
    table: str
    verified: bool
    answer: Any
    votes: tuple[Vote, ...]
    engines: dict[str, Any]
    taxonomy: Taxonomy
    trace_correct: dict[str, bool]
    step_labels: dict[str, tuple[StepLabel, ...]] = msgspec.field(default_factory=dict[str, tuple[StepLabel, ...]])


class Prediction(Record, frozen=True):
    """A student's attempt at one question. `tokens` counts what it generated over all turns."""

    question_id: str
    table: str
    run: str
    sample: int
    trace: Trace
    tokens: int


class Score(Record, frozen=True):
    """A graded prediction. `error_kind` is None when correct; unanswered counts as wrong. `cells` counts the turns that
    held code, `cells_failed` those of them whose cell raised an error or was stopped.
    """

    question_id: str
    table: str
    run: str
    sample: int
    correct: bool
    answer_type: str
    family: str
    category: str
    difficulty: str
    novelty: str
    turns: int
    cells: int
    cells_failed: int
    tokens: int
    error_kind: str | None = None
