"""The audit of a format: what every row must be, read back from the files as whoever trains on them will.

A fault stops the build. Each check stands on the files alone and not on how they were made.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tabletutor.formats.hint_leak import hint_leak
from tabletutor.formats.registry import find
from tabletutor.formats.shortcut import Judged, accuracy
from tabletutor.models.prompt import Message
from tabletutor.records.question import Question
from tabletutor.records.record import Record, read_records, write_record
from tabletutor.records.table import Split
from tabletutor.rows.row import PairRow, Row

SEPARABLE = 0.65  # share of chosen and rejected texts told apart by form alone that is too much
ENOUGH = 200  # pairs from which that share is held against a format


class SplitAudit(Record, frozen=True):
    """One split: its rows, and how many of them are labelled right (None: no labels). Of the texts that are labelled
    (both of a pair, every step), the share that a classifier tells right or wrong by form alone, and that of the
    likelier label, which guessing gets (None: none, or too few).
    """

    split: str
    rows: int
    right: int | None
    surface_accuracy: float | None
    likelier_label: float | None


class Audit(Record, frozen=True):
    """The content of `audit.json`: the audit of a format passed, with these figures."""

    format: str
    splits: tuple[SplitAudit, ...]


def audit_format(
    name: str, files: Mapping[str, Path], questions: Mapping[str, Path], splits: Mapping[str, Split], output: Path
) -> Audit:
    """Check the rows of every split (`files`) of a format, and write the figures. `questions` and `splits` are by
    table, for the tables of these splits.

    Raises ValueError naming file and row where one shows a hint, is of a table of another split, is no conversation or
    stands twice; and naming the file where there is nothing to train on, all labels are alike, or form gives the chosen
    text away.
    """
    kind = find(name).row
    seen: dict[str, str] = {}
    result: list[SplitAudit] = []
    for split, path in files.items():
        rows = read_records(path, kind)
        tables = sorted({row.table for row in rows} & questions.keys())
        asked = {
            question.question_id: question for table in tables for question in read_records(questions[table], Question)
        }
        for number, row in enumerate(rows, start=1):
            where = f"{path}:{number}"
            if splits.get(row.table) != split:
                other = f"in the {splits[row.table]} split" if row.table in splits else "not one to train on"
                raise ValueError(f"{where}: a row of table {row.table!r}, which is {other}")
            if fault := row.fault() or _fault(row.conversations()):
                raise ValueError(f"{where}: question {row.question_id}: {fault}")
            if leak := hint_leak(row, asked[row.question_id]):
                raise ValueError(f"{where}: question {row.question_id}: the hint shows: {leak!r}")
            if (first := seen.setdefault(row.content(), where)) != where:
                raise ValueError(f"{where}: says the same as {first}")
        result.append(_figures(split, path, rows))
    audit = Audit(name, tuple(result))
    write_record(output, audit)
    return audit


def _fault(conversations: Sequence[Sequence[Message]]) -> str | None:
    """What is wrong with a conversation: system once at most and first, then user and assistant by turns."""
    for conversation in conversations:
        roles = [message["role"] for message in conversation]
        spoken = roles[1:] if roles[:1] == ["system"] else roles
        if spoken != ["user", "assistant"] * (len(spoken) // 2) + ["user"] * (len(spoken) % 2) or not spoken:
            return f"the roles do not alternate: {', '.join(roles)}"
        if empty := [place for place, message in enumerate(conversation) if not message["content"].strip()]:
            return f"message {empty[0]} is empty"
    return None


def _figures(split: str, path: Path, rows: Sequence[Row]) -> SplitAudit:
    if split == "train" and not rows:
        raise ValueError(
            f"{path}: no row to train on; the format's stats.json says what was left out and why. Ask more questions, "
            f"or take the format out of the configuration"
        )
    labels = [label for row in rows if (label := row.is_right()) is not None]
    if labels and len(set(labels)) == 1:
        raise ValueError(f"{path}: all {len(labels)} rows are labelled {'right' if labels[0] else 'wrong'}")
    judged = [Judged(text, right, row.table) for row in rows for text, right in row.judged()]
    told = accuracy(judged)
    compared = sum(isinstance(row, PairRow) for row in rows)
    if told is not None and told >= SEPARABLE and compared >= ENOUGH:
        raise ValueError(
            f"{path}: form alone tells {told:.0%} of chosen and rejected texts apart, {SEPARABLE:.0%} is too much; set "
            f"even_surface for this format"
        )
    right = sum(each.right for each in judged)
    likelier = round(max(right, len(judged) - right) / len(judged), 3) if told is not None else None
    return SplitAudit(split, len(rows), sum(labels) if labels else None, told, likelier)
