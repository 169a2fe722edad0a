"""The audit of a format: read its rows back from the files, as a user would, and check each of them.

A fault stops the build. The checks use only the files and do not depend on how the rows were made.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tabletutor.formats.conversation import conversation_fault
from tabletutor.formats.hint_leak import hint_leak
from tabletutor.formats.registry import load_format
from tabletutor.formats.shortcut import LabelledText, surface_accuracy
from tabletutor.records.question import Question
from tabletutor.records.record import Record, read_records, write_record
from tabletutor.records.table import Split
from tabletutor.rows.row import PairRow, Row

MAX_SURFACE_ACCURACY = 0.65  # from this accuracy on, form gives away which text of a pair was chosen
MIN_PAIRS = 200  # with fewer pairs, the accuracy is reported but stops nothing


class SplitAudit(Record, frozen=True):
    """Figures of one split.

    Attributes:
        split: The name of the split.
        rows: The number of rows.
        right: The number of rows labelled right; None for rows without labels.
        surface_accuracy: The accuracy of a classifier that predicts the labels of texts (both of a pair, every step)
            from form alone; None without labels or with too few texts.
        likelier_label: The share of the more frequent label, which guessing reaches; None as above.
    """

    split: str
    rows: int
    right: int | None
    surface_accuracy: float | None
    likelier_label: float | None


class Audit(Record, frozen=True):
    """The content of `audit.json`, written if the format passed."""

    format: str
    splits: tuple[SplitAudit, ...]


def audit_format(
    name: str, *, rows: Mapping[str, Path], questions: Mapping[str, Path], splits: Mapping[str, Split], output: Path
) -> Audit:
    """Check the rows of every split of a format, write the figures and return them.

    `rows` has the file of each split, `questions` the file of each table of these splits, `splits` the split of each.

    Raises ValueError naming file and row if a row leaks a hint, belongs to a table of another split, is not a valid
    conversation or repeats another row. Raises ValueError naming the file if it has no rows to train on, all its labels
    are equal, or form gives the chosen texts away.
    """
    row_type = load_format(name).row
    seen: dict[str, str] = {}
    result: list[SplitAudit] = []
    for split, path in rows.items():
        found = read_records(path, row_type)
        tables = sorted({row.table for row in found} & questions.keys())
        by_id = {
            question.question_id: question for table in tables for question in read_records(questions[table], Question)
        }
        for number, row in enumerate(found, start=1):
            where = f"{path}:{number}"
            if splits.get(row.table) != split and not (row.is_own() and split == "train"):
                other = f"in the {splits[row.table]} split" if row.table in splits else "not a table to train on"
                raise ValueError(f"{where}: the row belongs to table {row.table!r}, which is {other}")
            if fault := row.fault() or next(filter(None, map(conversation_fault, row.conversations())), None):
                raise ValueError(f"{where}: question {row.question_id}: {fault}")
            if not row.is_own() and (leak := hint_leak(row, by_id[row.question_id])):
                raise ValueError(f"{where}: question {row.question_id}: the row quotes the hint: {leak!r}")
            if (first := seen.setdefault(row.content_digest(), where)) != where:
                raise ValueError(f"{where}: the row has the same content as {first}")
        result.append(_figures(split, path, found))
    audit = Audit(name, tuple(result))
    write_record(output, audit)
    return audit


def _figures(split: str, path: Path, rows: Sequence[Row]) -> SplitAudit:
    if split == "train" and not rows:
        raise ValueError(
            f"{path}: no row to train on; the format's stats.json counts what was left out, by reason. Ask for more "
            f"questions, or remove the format from the configuration"
        )
    labels = [label for row in rows if (label := row.is_right()) is not None]
    if labels and len(set(labels)) == 1:
        raise ValueError(f"{path}: all {len(labels)} rows are labelled {'right' if labels[0] else 'wrong'}")
    labelled = [LabelledText(text, right, row.table) for row in rows for text, right in row.labelled_texts()]
    accuracy = surface_accuracy(labelled)
    pairs = sum(isinstance(row, PairRow) for row in rows)
    if accuracy is not None and accuracy >= MAX_SURFACE_ACCURACY and pairs >= MIN_PAIRS:
        raise ValueError(
            f"{path}: form alone predicts {accuracy:.0%} of chosen and rejected texts; below "
            f"{MAX_SURFACE_ACCURACY:.0%} is required. Set balance_surface: true for this format"
        )
    right = sum(each.right for each in labelled)
    likelier = round(max(right, len(labelled) - right) / len(labelled), 3) if accuracy is not None else None
    return SplitAudit(split, len(rows), sum(labels) if labels else None, accuracy, likelier)
