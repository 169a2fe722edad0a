"""`prm`: the steps of a trace, each labelled by the state it led to; for process reward models.

A step is what the student says in one turn, after what it was shown before; it is judged before its cell has run. TRL
joins prompt and steps by a separator and learns a label at each one. The separator is U+001E, "record separator", and
a step never holds it: where it occurs in a text it is written as its picture, U+241E.
"""

from collections.abc import Iterator

from tabletutor.config.formats import LabelledConfig
from tabletutor.formats.case import Case, said
from tabletutor.formats.format import Format
from tabletutor.formats.row import PICTURE, SEPARATOR, StepsRow
from tabletutor.models.prompt import observation
from tabletutor.records.episode import Trace


def rows(case: Case, config: LabelledConfig, seed: int) -> Iterator[StepsRow]:
    """One row for each trace, right or wrong."""
    for trace in case.episode.traces:
        yield StepsRow(
            **case.ids(trace),
            prompt=_plain("\n\n".join(message["content"] for message in case.opening())),
            completions=tuple(_plain(_step(trace, turn)) for turn in range(len(trace.turns))),
            labels=tuple(label == "correct" for label in case.labels(trace)),
        )


def _step(trace: Trace, turn: int) -> str:
    shown = f"{observation(trace.turns[turn - 1])['content']}\n\n" if turn else ""
    return shown + said(trace, turn)["content"]


def _plain(text: str) -> str:
    return text.replace(SEPARATOR, PICTURE)


FORMAT = Format(StepsRow, LabelledConfig, rows)
