"""`orm`: whole attempts, labelled by their answer; for outcome reward models.

An attempt that is right by luck, with a mistake in it that happens not to matter, is left out.
"""

from collections.abc import Iterator

from tabletutor.config.formats import LabelledConfig
from tabletutor.formats.case import Case
from tabletutor.formats.format import Format
from tabletutor.rows.row import LabelledRow


def rows(case: Case, config: LabelledConfig, seed: int) -> Iterator[LabelledRow]:
    """One row for each trace that submitted an answer."""
    for label, traces in ((True, case.right), (False, case.wrong)):
        for trace in traces:
            completion = case.after_opening(trace)
            yield LabelledRow(**case.ids(trace), prompt=case.opening(), completion=completion, label=label)


FORMAT = Format(LabelledRow, LabelledConfig, rows)
