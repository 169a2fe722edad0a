"""Fixed groups of questions that are answered together, and the keys of their answers in the journal.

Batched arithmetic can round differently in another group, so the group of a question is part of its key.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from tabletutor.records.files import sha256_file
from tabletutor.records.identity import digest
from tabletutor.records.question import Question
from tabletutor.records.record import read_records


def read_questions(paths: Sequence[Path], limit: int | None) -> list[Question]:
    """Return the questions of all files; of each file, the first `limit` by id. Ids are hashes, so that is a random
    sample. Raises ValueError if there is no question.
    """
    result: list[Question] = []
    for path in paths:
        result += sorted(read_records(path, Question), key=lambda question: question.question_id)[:limit]
    if not result:
        raise ValueError("there is no question to answer: no table is in the split, or none of them has questions")
    return result


def group_questions(questions: Iterable[Question], batch_size: int) -> list[list[Question]]:
    """Divide questions into groups of at most `batch_size`, sorted by table and id. A group has questions of one table
    only, so that another table changes no group.
    """
    order = sorted(questions, key=lambda question: (question.table, question.question_id))
    groups: list[list[Question]] = []
    for _, of_table in groupby(order, key=lambda question: question.table):
        rest = list(of_table)
        groups += [rest[start : start + batch_size] for start in range(0, len(rest), batch_size)]
    return groups


def journal_keys(group: Sequence[Question], sample: int, content: Mapping[str, str]) -> dict[str, str]:
    """Return the journal key of each question of a group, by question id.

    A key identifies the question, the attempt (`sample`), the other questions of the group and the `content` of its
    tables, a digest for each table.
    """
    tables = sorted({question.table for question in group})
    together = digest(
        [(question.question_id, question.table, question.text) for question in group],
        [(table, content[table]) for table in tables],
    )
    return {question.question_id: f"{together[:16]} {question.question_id} {sample}" for question in group}


def files_digest(paths: Sequence[Path]) -> str:
    """Return a digest of the names and contents of files."""
    state = hashlib.sha256()
    for path in paths:
        state.update(f"{path.name} {sha256_file(path)}\n".encode())
    return state.hexdigest()
