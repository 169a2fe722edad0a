"""The `sft-standard` format: one conversation a row, in TRL's `messages` layout.

A share of the rows may end after the first turn, where the plan is made. What follows from a plan is learnt from few
rows, to find the plan takes many, and such a row costs a third of the tokens of a whole one.
"""

from collections.abc import Iterator

from tabletutor.config.schema import SftStandardConfig
from tabletutor.formats.row import SftRow
from tabletutor.models.prompt import conversation
from tabletutor.records.episode import Episode, Trace, Verdict
from tabletutor.records.identity import rng
from tabletutor.records.question import Question
from tabletutor.records.table import TableProfile


def rows(
    episode: Episode,
    verdict: Verdict,
    question: Question,
    profile: TableProfile,
    config: SftStandardConfig,
    seed: int,
) -> Iterator[SftRow]:
    """The rows of one episode: its verified gold trace and, if wanted, traces that mended a mistake. No hint."""
    if not verdict.verified:
        return
    for trace in episode.traces:
        if verdict.trace_correct[trace.trace_id] and _wanted(trace, config):
            short = rng(seed, "first turn", trace.trace_id).random() < config.first_turn_share
            yield SftRow(
                question_id=question.question_id,
                table=question.table,
                trace_id=trace.trace_id,
                messages=tuple(conversation(profile, question.text, trace.turns[:1] if short else trace.turns)),
            )


def _wanted(trace: Trace, config: SftStandardConfig) -> bool:
    mended = any(turn.corrects_turn is not None for turn in trace.turns)
    return trace.role == "gold" or (config.include_recovered and trace.role == "perturbed" and mended)
