"""A row that could be in a format: as a line, with what is asked of it when rows are chosen and counted.

The row itself is let go, since as objects rows take several times the memory of their lines.
"""

from tabletutor.formats.case import Case
from tabletutor.formats.shortcut import Pair
from tabletutor.records.record import Record, encode
from tabletutor.rows.row import Note, PairRow, Row


class Candidate(Record, frozen=True):
    """`line` is the row as it is written, `content` the digest of what it says, `label` whether it is labelled right,
    `pair` what a pair compares. `trace_id` is the row's trace; `note.trace_id` is the trace that the note describes (of
    a pair, the rejected one).
    """

    line: bytes
    content: str
    trace_id: str
    label: bool | None
    turns: int
    pair: Pair | None
    note: Note

    def order(self) -> tuple[str, str, str]:
        """Where it stands among the rows of a split."""
        return self.note.table, self.note.question_id, self.trace_id


def candidate(row: Row, case: Case) -> Candidate:
    """What is kept of a row of a case. Raises ValueError where the row is of another question, table or trace."""
    traces = {trace.trace_id: trace for trace in case.episode.traces}
    told = row.noted()
    if case.ids(traces.get(row.trace_id, case.gold)) != row.ids() or told not in traces:
        raise ValueError(f"question {case.question.question_id}: a converter made a row of others: {row.ids()}")
    trace = traces[told]
    return Candidate(
        line=encode(row),
        content=row.content(),
        trace_id=row.trace_id,
        label=row.is_right(),
        turns=row.turns(),
        pair=_pair(row) if isinstance(row, PairRow) else None,
        note=Note(row.question_id, row.table, told, case.question.family, trace.mistake, case.labels(trace)),
    )


def _pair(row: PairRow) -> Pair:
    chosen, rejected = row.texts()
    return Pair(chosen, rejected, row.table)
