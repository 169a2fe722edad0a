"""Select the rows of a split: drop duplicates, balance labels, apply caps.

Choices depend on a hash of the row's trace and of its position among that trace's rows, so that a new row changes few
other choices.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from tabletutor.config.formats import FormatConfig, LabelledConfig, PairsConfig
from tabletutor.formats.converter import Case
from tabletutor.formats.shortcut import Pair, balance_pairs
from tabletutor.records.identity import digest
from tabletutor.records.record import Record, encode
from tabletutor.rows.row import Note, PairRow, Row


class Candidate(Record, frozen=True):
    """A row that may be selected: its encoded line and what selection and statistics need of it.

    The row object itself is not kept, because row objects take several times the memory of their lines.

    Attributes:
        line: The row as written to the file.
        content: The digest of the row without its ids.
        trace_id: The row's trace. `note.trace_id` is the trace the note describes (for a pair, the rejected one).
        label: The row's label; None if its type has none.
        turns: The number of student turns.
        pair: The texts that a pair compares; None for other rows.
        note: The note on the row.
    """

    line: bytes
    content: str
    trace_id: str
    label: bool | None
    turns: int
    pair: Pair | None
    note: Note

    def sort_key(self) -> tuple[str, str, str]:
        """Return the key that orders the rows of a split: table, question, trace."""
        return self.note.table, self.note.question_id, self.trace_id


def to_candidate(row: Row, case: Case) -> Candidate:
    """Return the candidate for a row of a case. Raises ValueError if the row has another question, table or trace."""
    traces = {trace.trace_id: trace for trace in case.episode.traces}
    noted = row.note_trace_id()
    if case.ids(traces.get(row.trace_id, case.gold)) != row.ids() or noted not in traces:
        raise ValueError(
            f"question {case.question.question_id}: the converter made a row with ids of another case: {row.ids()}"
        )
    trace = traces[noted]
    return Candidate(
        line=encode(row),
        content=row.content_digest(),
        trace_id=row.trace_id,
        label=row.is_right(),
        turns=row.turn_count(),
        pair=_pair(row) if isinstance(row, PairRow) else None,
        note=Note(row.question_id, row.table, noted, case.question.family, trace.mistake, case.labels(trace)),
    )


def _pair(row: PairRow) -> Pair:
    chosen, rejected = row.texts()
    return Pair(chosen, rejected, row.table)


def select(rows: Sequence[Candidate], config: FormatConfig, seed: int, dropped: Counter[str]) -> list[Candidate]:
    """Return the rows to keep under `config`. `dropped` is increased by the number left out for each reason."""

    def count_dropped(reason: str, selected: list[Candidate], before: Sequence[Candidate]) -> list[Candidate]:
        dropped[reason] += len(before) - len(selected)
        return selected

    selected = count_dropped("duplicate", deduplicate(rows), rows)
    if isinstance(config, LabelledConfig) and config.positive_share is not None:
        selected = count_dropped("uneven_labels", balance_labels(selected, config.positive_share, seed), selected)
    if isinstance(config, PairsConfig) and config.balance_surface:
        pairs = [row.pair for row in selected if row.pair is not None]
        if len(pairs) != len(selected):
            raise ValueError(
                f"balance_surface needs pairs, but {len(selected) - len(pairs)} of {len(selected)} rows are none; set "
                f"balance_surface: false"
            )
        selected = count_dropped("uneven_surface", [selected[index] for index in balance_pairs(pairs)], selected)
    result: list[Candidate] = []
    for group in _group_by(selected, lambda row: row.note.table):
        if config.per_family is not None:
            group = count_dropped("over_per_family", cap_families(group, config.per_family, seed), group)
        if config.per_table is not None:
            group = count_dropped("over_per_table", sample(group, config.per_table, seed), group)
        result += group
    return result


def deduplicate(rows: Sequence[Candidate]) -> list[Candidate]:
    """Return the rows without repeats of the same content; the first of each is kept."""
    first: dict[str, Candidate] = {}
    for row in rows:
        first.setdefault(row.content, row)
    return list(first.values())


def balance_labels(rows: Sequence[Candidate], positive_share: float, seed: int) -> list[Candidate]:
    """Return as many rows as possible such that the share `positive_share` of them is labelled right."""
    right, wrong = ([row for row in rows if row.label is label] for label in (True, False))
    total = min(len(right) / positive_share, len(wrong) / (1 - positive_share))
    selected = {id(row) for row in sample(right, round(total * positive_share), seed, "label")}
    selected |= {id(row) for row in sample(wrong, round(total * (1 - positive_share)), seed, "label")}
    return [row for row in rows if id(row) in selected]


def cap_families(rows: Sequence[Candidate], per_family: int, seed: int) -> list[Candidate]:
    """Return at most `per_family` rows of each question family, in the given order."""
    families = _group_by(rows, lambda row: row.note.family)
    selected = {id(row) for family in families for row in sample(family, per_family, seed)}
    return [row for row in rows if id(row) in selected]


def sample(rows: Sequence[Candidate], limit: int, seed: int, purpose: str = "row") -> list[Candidate]:
    """Return at most `limit` rows, ordered by hash.

    The hash includes `purpose`, so that selection for one purpose does not favour the same rows for the next.
    """
    seen: Counter[str] = Counter()
    ranked: list[tuple[str, int]] = []
    for index, row in enumerate(rows):
        # The first row of a trace is hashed by its trace alone.
        position = [seen[row.trace_id]] if row.trace_id in seen else []
        ranked.append((digest(seed, purpose, row.trace_id, *position), index))
        seen[row.trace_id] += 1
    return [rows[index] for _, index in sorted(ranked)[:limit]]


def _group_by(rows: Iterable[Candidate], key: Callable[[Candidate], str]) -> Iterable[list[Candidate]]:
    groups: dict[str, list[Candidate]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups.values()
