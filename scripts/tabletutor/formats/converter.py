"""The interface of a converter: the `Case` it receives, and the `Format` it declares."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tabletutor.config.formats import FormatConfig
from tabletutor.models.prompt import Message, conversation, exchange, opening
from tabletutor.records.episode import Episode, StepLabel, Trace, Verdict
from tabletutor.records.question import Question
from tabletutor.rows.row import Row


class Case(NamedTuple):
    """One verified question with its episode, its verdict and the card of its table."""

    episode: Episode
    verdict: Verdict
    question: Question
    card: str

    @property
    def gold(self) -> Trace:
        """The gold trace: the teacher's solution without a mistake."""
        return next(trace for trace in self.episode.traces if trace.role == "gold")

    @property
    def right_traces(self) -> list[Trace]:
        """Traces with the right answer that made no mistake or corrected it.

        A trace that is right by luck (its uncorrected mistake did not matter) is neither right nor wrong.
        """
        return [
            trace
            for trace in self.episode.traces
            if self._is_right(trace) and (not trace.mistake or has_correction(trace))
        ]

    @property
    def wrong_traces(self) -> list[Trace]:
        """Traces that submitted a wrong answer."""
        return [trace for trace in self.episode.traces if trace.ended == "submit" and not self._is_right(trace)]

    def labels(self, trace: Trace) -> tuple[StepLabel, ...]:
        """Return the label of each turn of a trace."""
        return self.verdict.step_labels[trace.trace_id]

    def prompt(self) -> list[Message]:
        """Return the messages before the first turn: the system message, and the table card with the question."""
        return opening(self.card, self.question.text)

    def prompt_before(self, trace: Trace, turn: int) -> list[Message]:
        """Return the conversation of a trace up to the start of a turn (counted from 0)."""
        messages = self.prompt()
        for earlier in trace.turns[:turn]:
            messages += exchange(earlier)
        return messages

    def completion(self, trace: Trace) -> list[Message]:
        """Return the conversation of a trace after the prompt: its turns and the observations between them."""
        return conversation((), trace.turns)

    def ids(self, trace: Trace) -> dict[str, str]:
        """Return the ids of a row made from a trace, by field name."""
        return {"question_id": self.question.question_id, "table": self.question.table, "trace_id": trace.trace_id}

    def _is_right(self, trace: Trace) -> bool:
        return self.verdict.trace_correct[trace.trace_id]


class Format(NamedTuple):
    """A training format; each converter module declares one as `FORMAT`.

    Attributes:
        row: The type of its rows.
        config: The type of its settings; the same class as in `FORMAT_CONFIGS` (`config/formats.py`).
        rows: The function `rows(case, config, seed)` that yields the rows of a case. It is pure: the same arguments
            give the same rows.
    """

    row: type[Row]
    config: type[FormatConfig]
    rows: Callable[[Case, Any, int], Iterator[Row]]


def has_correction(trace: Trace) -> bool:
    """Return whether a turn of the trace corrects an earlier one."""
    return any(turn.corrects_turn is not None for turn in trace.turns)
