"""Rows of the training formats. What leaves loads in the library it is meant for without a change."""

from tabletutor.models.prompt import Message
from tabletutor.records.record import Record


class SftRow(Record, frozen=True):
    """A conversation for supervised fine-tuning; the ids lead back to the episode (`tabletutor explain`)."""

    question_id: str
    table: str
    trace_id: str
    messages: tuple[Message, ...]


class SplitStats(Record, frozen=True):
    """What went into one split of a format: rows by family, table and turns, and what was left out, by reason."""

    split: str
    rows: int
    by_table: dict[str, int]
    by_family: dict[str, int]
    by_turns: dict[str, int]
    dropped: dict[str, int]


class FormatStats(Record, frozen=True):
    """The content of `stats.json`."""

    format: str
    splits: tuple[SplitStats, ...]
