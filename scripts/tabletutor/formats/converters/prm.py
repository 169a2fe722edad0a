"""`prm`: the steps of a trace, each labelled by the state it led to, for process reward models.

A step is the observation before a turn followed by what the student says in it. It is judged before its cell runs. TRL
joins prompt and steps with a separator and learns a label at each separator: U+001E, "record separator". A step never
contains it; if a text does, the symbol U+241E is written instead.
"""

from collections.abc import Iterator

from tabletutor.config.formats import LabelledConfig
from tabletutor.formats.converter import Case, Format
from tabletutor.rows.prm_steps import prompt_text, step_text
from tabletutor.rows.row import StepsRow


def rows(case: Case, config: LabelledConfig, seed: int) -> Iterator[StepsRow]:
    """Yield one row for each trace, right or wrong."""
    for trace in case.episode.traces:
        yield StepsRow(
            **case.ids(trace),
            prompt=prompt_text(case.prompt()),
            completions=tuple(step_text(trace.turns, turn) for turn in range(len(trace.turns))),
            labels=tuple(label == "correct" for label in case.labels(trace)),
        )


FORMAT = Format(StepsRow, LabelledConfig, rows)
