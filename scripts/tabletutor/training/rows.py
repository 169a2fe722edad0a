"""Training rows as token ids."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from tabletutor.config.training import MethodConfig
from tabletutor.models.chat import Tokenizer, encode
from tabletutor.records.identity import rng

T = TypeVar("T")


class EncodedRow(NamedTuple):
    """A conversation's token ids and, for each, whether it is trained."""

    ids: list[int]
    trained: list[bool]


def read_rows(path: Path, tokenizer: Tokenizer) -> list[EncodedRow]:
    """Encode the rows `{"messages": [...]}` of a JSON Lines file.

    Raises ValueError naming file and line where a row is not a conversation or nothing in it is trained.
    """
    rows: list[EncodedRow] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if not line:
            continue
        try:
            row: Any = json.loads(line)
            encoded = EncodedRow(*encode(tokenizer, row["messages"]))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}:{number}: not a row with messages: {error!r}") from error
        if not any(encoded.trained[1:]):
            raise ValueError(
                f"{path}:{number}: no token of this row is trained: it has no assistant message with content"
            )
        rows.append(encoded)
    return rows


def drawn(rows: Sequence[T], count: int) -> list[T]:
    """At most `count` rows, drawn from all and in their order: a file has the rows of a table together. The same rows
    whatever the seed of a run, so that runs can be compared.
    """
    chosen = rng(0, "drawn rows").sample(range(len(rows)), min(count, len(rows)))
    return [rows[index] for index in sorted(chosen)]


def short_rows(rows: Sequence[EncodedRow], max_tokens: int) -> list[EncodedRow]:
    """The rows of at most `max_tokens` tokens, whole; the mask check counts the others."""
    return [row for row in rows if len(row.ids) <= max_tokens]


def row_lengths(rows: Sequence[EncodedRow]) -> list[int]:
    """The number of tokens of each row."""
    return [len(row.ids) for row in rows]


def none_fits(path: Path, max_tokens: int) -> ValueError:
    """What to raise where every row of a file is too long."""
    return ValueError(f"{path}: no row of at most training.max_tokens = {max_tokens} tokens; raise it")


def check_validated(path: Path, config: MethodConfig, rows: int) -> None:
    """Raise ValueError where what is kept, or when a run ends, goes by validation rows and there are none."""
    if rows == 0 and (config.keep == "best" or config.patience is not None):
        raise ValueError(
            f"{path}: no validation row, by whose loss training.keep: best and training.patience go; leave them out, "
            "or pin a table to validation"
        )
