"""`orm-pairs`: a right and a wrong attempt at one question, in TRL's layout for reward models."""

from collections.abc import Iterator

from tabletutor.config.formats import PairsConfig
from tabletutor.formats.case import Case
from tabletutor.formats.format import Format
from tabletutor.rows.row import PairRow


def rows(case: Case, config: PairsConfig, seed: int) -> Iterator[PairRow]:
    """The gold trace with each wrong one."""
    for trace in case.wrong:
        yield PairRow(
            **case.ids(case.gold),
            rejected_id=trace.trace_id,
            prompt=case.opening(),
            chosen=case.after_opening(case.gold),
            rejected=case.after_opening(trace),
        )


FORMAT = Format(PairRow, PairsConfig, rows)
