"""Rows of a user's own: read from JSON Lines files, checked, and mixed into the training rows of a format.

A line has `messages`, or `prompt` and `completion`; other keys are ignored. Such a row belongs to no table and no
question. Its table is `own:` with the name of its file, and its ids are a hash of its messages.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
from loguru import logger

from tabletutor.config.formats import OwnRows
from tabletutor.formats.conversation import conversation_fault
from tabletutor.formats.select import Candidate
from tabletutor.models.prompt import WeighedMessage
from tabletutor.records.identity import content_id, digest
from tabletutor.records.record import Record, each_record, encode
from tabletutor.rows.row import OWN, ConversationRow, Note, OwnRowsStats

FAMILY = "own"  # in the notes, in place of a question family


class OwnMessage(Record, frozen=True):
    """A message of a user's own row. An assistant's message without a weight is trained."""

    role: Literal["system", "user", "assistant"]
    content: str
    weight: Literal[0, 1] | None = None


class OwnRow(msgspec.Struct, frozen=True):
    """A line of a file: `messages`, or `prompt` and `completion`, each a text or messages."""

    messages: tuple[OwnMessage, ...] | None = None
    prompt: str | tuple[OwnMessage, ...] | None = None
    completion: str | tuple[OwnMessage, ...] | None = None


class OwnFile(NamedTuple):
    """A file of a user's own rows: its setting, and its rows, each once."""

    setting: OwnRows
    rows: list[Candidate]


def draw_own_rows(
    settings: Sequence[OwnRows], others: Sequence[Candidate], seed: int
) -> tuple[list[Candidate], tuple[OwnRowsStats, ...]]:
    """Return the own rows to mix with `others`, the rows made from episodes, and the figures of each file.

    Rows that repeat another one are left out. Which rows are drawn depends on their content and the seed. If a file has
    too few rows for its share, all of them are used, with a warning.

    Raises ValueError naming file and line if a row is malformed, and if a share has no other rows to be a share of.
    """
    seen = {row.content for row in others}
    files: list[OwnFile] = []
    for setting in settings:
        rows: list[Candidate] = []
        for row in read_own_rows(Path(setting.path)):
            if row.content not in seen:
                seen.add(row.content)
                rows.append(row)
        files.append(OwnFile(setting, rows))
    wanted = wanted_rows(files, len(others))
    drawn: list[Candidate] = []
    stats: list[OwnRowsStats] = []
    for (setting, rows), number in zip(files, wanted, strict=True):
        if number > len(rows):
            message = "{}: a share of {} needs {} rows, but the file has {}; all are used"
            logger.warning(message, setting.path, setting.share, number, len(rows))
        ranked = sorted(rows, key=lambda row: digest(seed, "own rows", row.trace_id))
        drawn += ranked[:number]
        stats.append(OwnRowsStats(setting.path, len(rows), number, min(number, len(rows))))
    return drawn, tuple(stats)


def wanted_rows(files: Sequence[OwnFile], others: int) -> list[int]:
    """Return how many rows each file should give.

    A file with too few rows for its share gives all. The shares of the other files are then of fewer rows. Raises
    ValueError if a share has no other rows to be a share of.
    """
    shares = {place: file.setting.share for place, file in enumerate(files) if file.setting.share is not None}
    wanted = [len(file.rows) for file in files]
    while shares:
        fixed = others + sum(len(file.rows) for place, file in enumerate(files) if place not in shares)
        if not fixed:
            raise ValueError(
                f"{files[min(shares)].setting.path}: a share of the rows needs other rows, and there are none; set "
                "share: null to use all rows of the file"
            )
        total = fixed / (1 - sum(shares.values()))
        for place, share in shares.items():
            wanted[place] = round(share * total)
        # The file that is shortest of its share is short whatever the others give.
        shortest = min(shares, key=lambda place: len(files[place].rows) / shares[place])
        if wanted[shortest] <= len(files[shortest].rows):
            return wanted
        del shares[shortest]
    return wanted


def read_own_rows(path: Path) -> list[Candidate]:
    """Return the rows of a file in its order. Raises ValueError naming file and line of the first malformed row."""
    rows: list[Candidate] = []
    for number, row in enumerate(each_record(path, OwnRow), start=1):
        try:
            rows.append(_to_candidate(_messages(row), f"{OWN}{path.stem}"))
        except ValueError as error:
            raise ValueError(f"{path}:{number}: {error}") from error
    if not rows:
        raise ValueError(f"{path}: no row; write some, or remove the file from own_rows")
    return rows


def _to_candidate(messages: list[WeighedMessage], table: str) -> Candidate:
    identity = content_id(FAMILY, messages)
    row = ConversationRow(question_id=identity, table=table, trace_id=identity, messages=messages)
    if fault := conversation_fault([*messages]) or row.fault():
        raise ValueError(f"{fault}; correct the row")
    if messages[-1]["role"] != "assistant":
        raise ValueError("the last message is not the assistant's; remove it, or add the answer")
    return Candidate(
        line=encode(row),
        content=row.content_digest(),
        trace_id=identity,
        label=None,
        turns=row.turn_count(),
        pair=None,
        note=Note(identity, table, identity, FAMILY, None, ()),
    )


def _messages(row: OwnRow) -> list[WeighedMessage]:
    """Return the messages of a row with their weights."""
    if row.messages is not None and row.prompt is None and row.completion is None:
        return [_weighed(message, trained=True) for message in row.messages]
    if row.messages is None and row.prompt is not None and row.completion is not None:
        prompt = (OwnMessage("user", row.prompt),) if isinstance(row.prompt, str) else row.prompt
        answer = (OwnMessage("assistant", row.completion),) if isinstance(row.completion, str) else row.completion
        return [
            *(_weighed(message, trained=False) for message in prompt),
            *(_weighed(message, trained=True) for message in answer),
        ]
    raise ValueError("a row has either messages, or prompt and completion; write one of the two")


def _weighed(message: OwnMessage, *, trained: bool) -> WeighedMessage:
    mine = message.role == "assistant"
    if message.weight == 1 and not (mine and trained):
        whose = "of the prompt" if mine else f"of the {message.role}"
        raise ValueError(f"a message {whose} has weight 1, but only answers of the assistant are trained; remove it")
    weight = int(mine and trained) if message.weight is None else message.weight
    return {"role": message.role, "content": message.content, "weight": weight}
