"""Records of attempts at a question in the sandbox (hooks, turns, traces, episodes), and of how they were judged."""

from typing import Any, Literal

import msgspec

from tabletutor.records.record import Record

Role = Literal["gold", "independent", "perturbed", "student"]
Ended = Literal["submit", "turn_limit", "time", "memory", "crash"]
IncidentCause = Literal["interrupted", "time", "memory", "crash"]  # how the sandbox stopped a cell
StepLabel = Literal["correct", "correctable", "wrong"]
Taxonomy = Literal["verified", "ambiguous", "too_hard", "hint_necessary", "execution_failure"]


class Hook(Record, frozen=True):
    """An intermediate value a cell reported with `hook`.

    A large `value` is summarised; `value_sha256` is the digest of the whole value.
    """

    name: str
    value: Any
    value_sha256: str
    depends_on: tuple[str, ...] = ()


class Turn(Record, frozen=True):
    """One turn: the reasoning, the cell that ran, and the sandbox's actual output.

    `corrects_turn` is the index of an earlier turn whose mistake this one corrects. `interrupted` is set only if the
    soft time-out stopped the cell; other turns are written without it.
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
    """A whole attempt. `answer` is valid only if `ended` is "submit". `mistake` names the injected mistake, if any."""

    trace_id: str
    role: Role
    teacher: str
    turns: tuple[Turn, ...]
    ended: Ended
    answer: Any = None
    mistake: str | None = None


class Episode(Record, frozen=True):
    """All traces of one question, right and wrong ones."""

    episode_id: str
    question_id: str
    table: str
    traces: tuple[Trace, ...]


class Vote(Record, frozen=True):
    """The cluster of equal answers of a trace or engine. A cluster is numbered by its smallest member id."""

    voter: str
    cluster: int


class Replay(Record, frozen=True):
    """The variables that the cells of one question's traces set, observed when the traces were run again.

    `states` maps a trace id to one entry per turn: the names set in that turn, in order, each with a digest of the
    whole value. A column is named like `df['x']`.
    """

    question_id: str
    table: str
    states: dict[str, tuple[tuple[tuple[str, str], ...], ...]]


class Verdict(Record, frozen=True):
    """The verdict on one episode. `trace_correct` and `step_labels` (one label per turn) are keyed by trace id. Labels
    exist only for verified questions. `engines` holds the engines' answers.

    `independent` is the number of independent traces, which saw the text alone: 0 if nobody has read the question.
    `agreeing` of them gave the gold answer. `entropy` is that of their answers in bits; None if none submitted.
    `guessable` is set only if a model gave the answer without the table.
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
    independent: int = 0
    agreeing: int = 0
    entropy: float | None = None
    guessable: Literal[True] | msgspec.UnsetType = msgspec.UNSET


class Prediction(Record, frozen=True):
    """A student's attempt at one question. `tokens` is the number it generated over all turns."""

    question_id: str
    table: str
    run: str
    sample: int
    trace: Trace
    tokens: int


class Score(Record, frozen=True):
    """A graded prediction. `error_kind` is None if correct; an unanswered question is wrong. `cells` counts the turns
    with code, `cells_failed` the ones whose cell raised an error or was stopped.
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
