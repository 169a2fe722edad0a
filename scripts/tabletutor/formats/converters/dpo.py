"""`dpo`: the first turn where a wrong trace differs from the gold trace, paired with the gold trace's turn.

Both turns were run after the same conversation, byte for byte. Only one turn each is compared: a whole trace would
include observations, and preferring one observation over another teaches nothing. A pair in which only one turn
submits an answer is left out.
"""

from collections.abc import Iterator

from tabletutor.config.formats import PairsConfig
from tabletutor.formats.converter import Case, Format
from tabletutor.models.prompt import assistant_turn
from tabletutor.records.episode import Trace
from tabletutor.rows.row import PairRow


def rows(case: Case, config: PairsConfig, seed: int) -> Iterator[PairRow]:
    """Yield a pair of turns for each wrong trace."""
    gold = case.gold
    for trace in case.wrong_traces:
        turn = _first_difference(gold, trace)
        if turn is None or case.labels(trace)[turn] == "correct":
            continue
        if _submits(gold, turn) == _submits(trace, turn):
            yield PairRow(
                **case.ids(gold),
                rejected_id=trace.trace_id,
                prompt=case.prompt_before(gold, turn),
                chosen=[assistant_turn(gold.turns[turn])],
                rejected=[assistant_turn(trace.turns[turn])],
            )


def _first_difference(gold: Trace, trace: Trace) -> int | None:
    """Return the index of the first turn whose reasoning or code differs, or None if one trace ends before it."""
    pairs = enumerate(zip(gold.turns, trace.turns, strict=False))
    return next(
        (index for index, (one, other) in pairs if (one.reasoning, one.code) != (other.reasoning, other.code)), None
    )


def _submits(trace: Trace, turn: int) -> bool:
    return turn == len(trace.turns) - 1 and trace.ended == "submit"


FORMAT = Format(PairRow, PairsConfig, rows)
