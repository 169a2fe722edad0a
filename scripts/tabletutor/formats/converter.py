"""A case: all that is known of one question when rows are made from it."""

from typing import NamedTuple

from tabletutor.models.prompt import Message, conversation, exchanged, opening
from tabletutor.records.episode import Episode, StepLabel, Trace, Verdict
from tabletutor.records.question import Question


class Case(NamedTuple):
    """One verified question: its episode, the verdict, the question and the card of its table."""

    episode: Episode
    verdict: Verdict
    question: Question
    card: str

    @property
    def gold(self) -> Trace:
        """The trace that shows how it is done."""
        return next(trace for trace in self.episode.traces if trace.role == "gold")

    @property
    def right(self) -> list[Trace]:
        """Traces that came to the right answer as one should: of those with a mistake, the ones that mended it. What
        is right by luck is in none of the lists.
        """
        return [trace for trace in self.episode.traces if self._is_right(trace) and (not trace.mistake or mends(trace))]

    @property
    def wrong(self) -> list[Trace]:
        """Traces that submitted a wrong answer."""
        return [trace for trace in self.episode.traces if trace.ended == "submit" and not self._is_right(trace)]

    def labels(self, trace: Trace) -> tuple[StepLabel, ...]:
        """The labels of a trace's turns."""
        return self.verdict.step_labels[trace.trace_id]

    def opening(self) -> list[Message]:
        """What a student is told."""
        return opening(self.card, self.question.text)

    def before(self, trace: Trace, turn: int) -> list[Message]:
        """The conversation up to where a turn of the trace begins."""
        messages = self.opening()
        for earlier in trace.turns[:turn]:
            messages += exchanged(earlier)
        return messages

    def after_opening(self, trace: Trace) -> list[Message]:
        """All that was said and shown in a trace."""
        return conversation((), trace.turns)

    def ids(self, trace: Trace) -> dict[str, str]:
        """The ids of a row made from a trace."""
        return {"question_id": self.question.question_id, "table": self.question.table, "trace_id": trace.trace_id}

    def _is_right(self, trace: Trace) -> bool:
        return self.verdict.trace_correct[trace.trace_id]


def mends(trace: Trace) -> bool:
    """Whether a turn of the trace mends an earlier one."""
    return any(turn.corrects_turn is not None for turn in trace.turns)
