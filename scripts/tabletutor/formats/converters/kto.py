"""`kto`: single turns, desirable or not, for learning from labels without pairs.

A turn is desirable if its step is labelled correct. It stands after the conversation it was said in, and nothing but
what was said in it is in the completion.
"""

from collections.abc import Iterator

from tabletutor.config.formats import LabelledConfig
from tabletutor.formats.case import Case
from tabletutor.formats.format import Format
from tabletutor.models.prompt import said
from tabletutor.rows.row import LabelledRow


def rows(case: Case, config: LabelledConfig, seed: int) -> Iterator[LabelledRow]:
    """One row for each turn of a right trace, and of a wrong one up to its first wrong turn."""
    for trace in [*case.right, *case.wrong]:
        for turn, label in enumerate(case.labels(trace)):
            prompt, completion = case.before(trace, turn), [said(trace.turns[turn])]
            yield LabelledRow(**case.ids(trace), prompt=prompt, completion=completion, label=label == "correct")
            if label != "correct" and trace in case.wrong:
                break


FORMAT = Format(LabelledRow, LabelledConfig, rows)
