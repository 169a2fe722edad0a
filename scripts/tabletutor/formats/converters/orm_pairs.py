"""`orm-pairs`: a right and a wrong attempt at the same question, in TRL's layout for reward models."""

from collections.abc import Iterator

from tabletutor.config.formats import PairsConfig
from tabletutor.formats.converter import Case, Format
from tabletutor.rows.row import PairRow


def rows(case: Case, config: PairsConfig, seed: int) -> Iterator[PairRow]:
    """Yield a pair of the gold trace with each wrong trace."""
    for trace in case.wrong_traces:
        yield PairRow(
            **case.ids(case.gold),
            rejected_id=trace.trace_id,
            prompt=case.prompt(),
            chosen=case.completion(case.gold),
            rejected=case.completion(trace),
        )


FORMAT = Format(PairRow, PairsConfig, rows)
