"""The `sft-standard` format: one conversation a row, in TRL's `messages` layout."""

from collections.abc import Iterator

from tabletutor.config.schema import SftStandardConfig
from tabletutor.formats.row import SftRow
from tabletutor.models.prompt import conversation
from tabletutor.records.episode import Episode, Trace, Verdict
from tabletutor.records.question import Question
from tabletutor.records.table import TableProfile


def rows(
    episode: Episode, verdict: Verdict, question: Question, profile: TableProfile, config: SftStandardConfig
) -> Iterator[SftRow]:
    """The rows of one episode: its verified gold trace and, if wanted, traces that mended a mistake. No hint."""
    if not verdict.verified:
        return
    for trace in episode.traces:
        if verdict.trace_correct[trace.trace_id] and _wanted(trace, config):
            yield SftRow(
                question_id=question.question_id,
                table=question.table,
                trace_id=trace.trace_id,
                messages=tuple(conversation(profile, question.text, trace.turns)),
            )


def _wanted(trace: Trace, config: SftStandardConfig) -> bool:
    mended = any(turn.corrects_turn is not None for turn in trace.turns)
    return trace.role == "gold" or (config.include_recovered and trace.role == "perturbed" and mended)
