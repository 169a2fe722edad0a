"""Training rows as token ids."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tabletutor.models.chat import Tokenizer, encode


class EncodedRow(NamedTuple):
    """A conversation's token ids and, for each, whether it is trained."""

    ids: list[int]
    trained: list[bool]


def read_rows(path: Path, tokenizer: Tokenizer, limit: int | None = None) -> list[EncodedRow]:
    """Encode the rows `{"messages": [...]}` of a JSON Lines file, the first `limit` of them.

    Raises ValueError naming file and line where a row is not a conversation or nothing in it is trained.
    """
    rows: list[EncodedRow] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n")[:limit], start=1):
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


def short_rows(rows: Sequence[EncodedRow], max_tokens: int) -> list[EncodedRow]:
    """The rows of at most `max_tokens` tokens, whole; the mask check counts the others."""
    return [row for row in rows if len(row.ids) <= max_tokens]


def row_lengths(rows: Sequence[EncodedRow]) -> list[int]:
    """The number of tokens of each row."""
    return [len(row.ids) for row in rows]


def none_fits(path: Path, max_tokens: int) -> ValueError:
    """What to raise where every row of a file is too long."""
    return ValueError(f"{path}: no row of at most training.max_tokens = {max_tokens} tokens; raise it")
