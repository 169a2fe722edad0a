"""`prm`: the steps of a trace, each labelled by the state it led to; for process reward models.

A step is what the student says in one turn, after what it was shown before; it is judged before its cell has run. TRL
joins prompt and steps by a separator and learns a label at each one. The separator is U+001E, "record separator", and
a step never holds it: where it occurs in a text it is written as its picture, U+241E.
"""

from collections.abc import Iterator

from tabletutor.config.formats import LabelledConfig
from tabletutor.formats.case import Case
from tabletutor.formats.format import Format
from tabletutor.rows.prm_steps import prompt_text, step_text
from tabletutor.rows.row import StepsRow


def rows(case: Case, config: LabelledConfig, seed: int) -> Iterator[StepsRow]:
    """One row for each trace, right or wrong."""
    for trace in case.episode.traces:
        yield StepsRow(
            **case.ids(trace),
            prompt=prompt_text(case.opening()),
            completions=tuple(step_text(trace.turns, turn) for turn in range(len(trace.turns))),
            labels=tuple(label == "correct" for label in case.labels(trace)),
        )


FORMAT = Format(StepsRow, LabelledConfig, rows)
