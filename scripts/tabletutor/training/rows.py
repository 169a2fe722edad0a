"""Reading, sampling and checking of training rows as token ids."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from tabletutor.config.training import MethodConfig
from tabletutor.models.chat import Tokenizer, encode
from tabletutor.records.identity import rng
from tabletutor.records.record import each_record
from tabletutor.rows.row import ConversationRow

T = TypeVar("T")


class EncodedRow(NamedTuple):
    """A conversation's token ids, and for each token whether it is trained."""

    ids: list[int]
    trained: list[bool]


def read_rows(path: Path, tokenizer: Tokenizer) -> list[EncodedRow]:
    """Encode the conversations of a JSON Lines file.

    Raises ValueError, with file and line, for a row that is not a conversation or has no trained token.
    """
    rows: list[EncodedRow] = []
    for number, row in enumerate(each_record(path, ConversationRow), start=1):
        encoded = EncodedRow(*encode(tokenizer, row.messages))
        if not any(encoded.trained[1:]):
            raise ValueError(
                f"{path}:{number}: no token of this row is trained: it has no assistant message with content"
            )
        rows.append(encoded)
    return rows


def sample_rows(rows: Sequence[T], count: int) -> list[T]:
    """Return a random sample of at most `count` rows, in their order.

    A file has the rows of a table together, so its first rows would cover few tables. The sample does not depend on the
    seed of a run, so that runs can be compared.
    """
    chosen = rng(0, "drawn rows").sample(range(len(rows)), min(count, len(rows)))
    return [rows[index] for index in sorted(chosen)]


def short_rows(rows: Sequence[EncodedRow], max_length: int) -> list[EncodedRow]:
    """Return the rows with at most `max_length` tokens. The mask check reports how many others there are."""
    return [row for row in rows if len(row.ids) <= max_length]


def row_lengths(rows: Sequence[EncodedRow]) -> list[int]:
    """Return the number of tokens of each row."""
    return [len(row.ids) for row in rows]


def too_long_error(path: Path, max_length: int) -> ValueError:
    """Return the error for a file in which every row is too long."""
    return ValueError(f"{path}: no row has at most training.max_length = {max_length} tokens; raise that limit")


def check_validation_rows(path: Path, config: MethodConfig, rows: int) -> None:
    """Raise ValueError if `keep: best` or `patience` needs a validation loss and there are no validation rows."""
    if rows == 0 and (config.keep == "best" or config.patience is not None):
        raise ValueError(
            f"{path}: no validation rows, but training.keep: best and training.patience need a validation loss; remove "
            "these settings or pin a table to validation"
        )
