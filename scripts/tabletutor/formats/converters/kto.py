"""`kto`: single turns labelled desirable or not, for learning from labels without pairs.

A turn is desirable if its step is labelled correct. The prompt is the conversation before the turn; the completion is
the turn alone.
"""

from collections.abc import Iterator

from tabletutor.config.formats import LabelledConfig
from tabletutor.formats.converter import Case, Format
from tabletutor.models.prompt import assistant_turn
from tabletutor.rows.row import LabelledRow


def rows(case: Case, config: LabelledConfig, seed: int) -> Iterator[LabelledRow]:
    """Yield one row for each turn of a right trace, and for each turn of a wrong one up to its first wrong turn."""
    for trace in [*case.right_traces, *case.wrong_traces]:
        for turn, label in enumerate(case.labels(trace)):
            prompt, completion = case.prompt_before(trace, turn), [assistant_turn(trace.turns[turn])]
            yield LabelledRow(**case.ids(trace), prompt=prompt, completion=completion, label=label == "correct")
            if label != "correct" and trace in case.wrong_traces:
                break


FORMAT = Format(LabelledRow, LabelledConfig, rows)
