"""Which of the rows that could be are kept: no repeats, even labels, caps. Choices go by the hash of a row's trace and
place among the rows of that trace, so that a new row moves few others.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from tabletutor.config.formats import FormatConfig, LabelledConfig, PairsConfig
from tabletutor.formats.draft import Candidate
from tabletutor.formats.shortcut import even
from tabletutor.records.identity import digest


def select(rows: Sequence[Candidate], config: FormatConfig, seed: int, dropped: Counter[str]) -> list[Candidate]:
    """The rows that are kept, by what `config` says; what is not is counted in `dropped` by reason."""

    def counted(reason: str, kept: list[Candidate], before: Sequence[Candidate]) -> list[Candidate]:
        dropped[reason] += len(before) - len(kept)
        return kept

    kept = counted("duplicate", unique(rows), rows)
    if isinstance(config, LabelledConfig) and config.positive_share is not None:
        kept = counted("uneven_labels", balanced(kept, config.positive_share, seed), kept)
    if isinstance(config, PairsConfig) and config.even_surface:
        pairs = [row.pair for row in kept if row.pair is not None]
        if len(pairs) != len(kept):
            raise ValueError(f"{len(kept) - len(pairs)} rows are no pairs, so even_surface cannot be; leave it out")
        kept = counted("uneven_surface", [kept[place] for place in even(pairs)], kept)
    chosen: list[Candidate] = []
    for own in _grouped(kept, lambda row: row.note.table):
        if config.per_family is not None:
            own = counted("over_per_family", capped(own, config.per_family, seed), own)
        if config.per_table is not None:
            own = counted("over_per_table", drawn(own, config.per_table, seed), own)
        chosen += own
    return chosen


def unique(rows: Sequence[Candidate]) -> list[Candidate]:
    """The rows without exact repeats of what they say."""
    seen: dict[str, Candidate] = {}
    for row in rows:
        seen.setdefault(row.content, row)
    return list(seen.values())


def balanced(rows: Sequence[Candidate], positive_share: float, seed: int) -> list[Candidate]:
    """As many rows as can be such that `positive_share` of them are labelled right."""
    right, wrong = ([row for row in rows if row.label is label] for label in (True, False))
    total = min(len(right) / positive_share, len(wrong) / (1 - positive_share))
    kept = {id(row) for row in drawn(right, round(total * positive_share), seed, "label")}
    kept |= {id(row) for row in drawn(wrong, round(total * (1 - positive_share)), seed, "label")}
    return [row for row in rows if id(row) in kept]


def capped(rows: Sequence[Candidate], per_family: int, seed: int) -> list[Candidate]:
    """At most `per_family` rows of each family of questions."""
    families = _grouped(rows, lambda row: row.note.family)
    kept = {id(row) for own in families for row in drawn(own, per_family, seed)}
    return [row for row in rows if id(row) in kept]


def drawn(rows: Sequence[Candidate], most: int, seed: int, purpose: str = "row") -> list[Candidate]:
    """At most `most` rows, in the order of their hashes, which differ by purpose: what was drawn for one is no better
    placed for the next.
    """
    met: Counter[str] = Counter()
    placed: list[tuple[str, int]] = []
    for at, row in enumerate(rows):
        place = [met[row.trace_id]] if row.trace_id in met else []  # the first row of a trace goes by the trace alone
        placed.append((digest(seed, purpose, row.trace_id, *place), at))
        met[row.trace_id] += 1
    return [rows[at] for _, at in sorted(placed)[:most]]


def _grouped(rows: Iterable[Candidate], group: Callable[[Candidate], str]) -> Iterable[list[Candidate]]:
    found: dict[str, list[Candidate]] = {}
    for row in rows:
        found.setdefault(group(row), []).append(row)
    return found.values()
