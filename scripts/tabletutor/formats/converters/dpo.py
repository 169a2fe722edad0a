"""`dpo`: the turn where a wrong trace leaves the right one, beside what the right one says there.

Both stand after the same conversation, byte for byte, both were run, and one turn each is all that is compared: a
whole trace would hold observations, and to prefer one observation to another teaches nothing. Pairs that differ in
form, one of which submits and the other does not, are left out.
"""

from collections.abc import Iterator

from tabletutor.config.formats import PairsConfig
from tabletutor.formats.case import Case
from tabletutor.formats.format import Format
from tabletutor.models.prompt import said
from tabletutor.records.episode import Trace
from tabletutor.rows.row import PairRow


def rows(case: Case, config: PairsConfig, seed: int) -> Iterator[PairRow]:
    """The gold trace with each wrong one, at the turn where they part."""
    gold = case.gold
    for trace in case.wrong:
        turn = _parting(gold, trace)
        if turn is None or case.labels(trace)[turn] == "correct":
            continue
        if _submits(gold, turn) == _submits(trace, turn):
            yield PairRow(
                **case.ids(gold),
                rejected_id=trace.trace_id,
                prompt=case.before(gold, turn),
                chosen=[said(gold.turns[turn])],
                rejected=[said(trace.turns[turn])],
            )


def _parting(gold: Trace, trace: Trace) -> int | None:
    """The first turn in which they say different things; None where one has ended before."""
    pairs = enumerate(zip(gold.turns, trace.turns, strict=False))
    return next(
        (place for place, (one, other) in pairs if (one.reasoning, one.code) != (other.reasoning, other.code)), None
    )


def _submits(trace: Trace, turn: int) -> bool:
    return turn == len(trace.turns) - 1 and trace.ended == "submit"


FORMAT = Format(PairRow, PairsConfig, rows)
