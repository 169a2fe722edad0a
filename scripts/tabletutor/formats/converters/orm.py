"""`orm`: whole attempts labelled by their answer, for outcome reward models.

Attempts that are right by luck, with a mistake that happened not to matter, are left out.
"""

from collections.abc import Iterator

from tabletutor.config.formats import LabelledConfig
from tabletutor.formats.converter import Case, Format
from tabletutor.rows.row import LabelledRow


def rows(case: Case, config: LabelledConfig, seed: int) -> Iterator[LabelledRow]:
    """Yield one row for each right and each wrong trace."""
    for label, traces in ((True, case.right_traces), (False, case.wrong_traces)):
        for trace in traces:
            completion = case.completion(trace)
            yield LabelledRow(**case.ids(trace), prompt=case.prompt(), completion=completion, label=label)


FORMAT = Format(LabelledRow, LabelledConfig, rows)
