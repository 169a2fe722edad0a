"""Worked examples for prompts: whole right conversations about training tables, drawn once per project.

All questions of a run get the same examples, before the table and the question that are asked about. `n` examples are
the first `n` of any larger number.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from statistics import median_low
from typing import NamedTuple

from tabletutor.models.prompt import Message, conversation, opening, table_card
from tabletutor.records.episode import Episode, Verdict
from tabletutor.records.identity import digest
from tabletutor.records.question import Question
from tabletutor.records.record import Record, read_record, read_records, write_records
from tabletutor.records.table import TableProfile


class WorkedExample(Record, frozen=True):
    """One example: its question, table and trace, and the messages of the conversation, without the system message."""

    question_id: str
    table: str
    trace_id: str
    family: str
    messages: tuple[Message, ...]


class ExampleFiles(NamedTuple):
    """The files of one training table."""

    questions: Path
    profile: Path
    episodes: Path
    verdicts: Path


def draw_examples(files: Mapping[str, ExampleFiles], count: int, seed: int, output: Path) -> int:
    """Write `count` worked examples about the tables in `files`; return their number.

    Only the shorter half of the conversations is drawn from, because examples take context from every question. Of the
    rest, tables and then families that have fewer examples come first; the order among equals is random by `seed`.
    Raises ValueError if there are fewer conversations.
    """
    every = [example for _, each in sorted(files.items()) for example in _right_conversations(each)]
    if not every:
        raise ValueError("no training table has a verified question to draw a worked example from; remove runs.*.shots")
    longest = median_low(map(_length, every))
    left = [example for example in every if _length(example) <= longest]
    if len(left) < count:
        raise ValueError(
            f"{count} worked examples are wanted, but there are {len(left)} to draw from; lower runs.*.shots, or ask "
            "more questions about training tables (questions.program.per_table)"
        )
    order = {example.question_id: digest(seed, "worked example", example.question_id) for example in left}
    examples: list[WorkedExample] = []
    tables, families = Counter[str](), Counter[str]()
    while len(examples) < count:
        chosen = min(left, key=lambda each: (tables[each.table], families[each.family], order[each.question_id]))
        left.remove(chosen)
        examples.append(chosen)
        tables[chosen.table] += 1
        families[chosen.family] += 1
    return write_records(output, examples)


def read_examples(paths: Iterable[Path]) -> list[Message]:
    """Return the messages of all examples in the files, ready for `opening`."""
    return [message for path in paths for example in read_records(path, WorkedExample) for message in example.messages]


def _right_conversations(files: ExampleFiles) -> Iterator[WorkedExample]:
    """Yield the conversation of each verified question of a table: its gold trace, if its answer is right."""
    card = table_card(read_record(files.profile, TableProfile))
    questions = {question.question_id: question for question in read_records(files.questions, Question)}
    verdicts = {verdict.question_id: verdict for verdict in read_records(files.verdicts, Verdict)}
    for episode in read_records(files.episodes, Episode):
        question, verdict = questions[episode.question_id], verdicts[episode.question_id]
        for trace in episode.traces:
            if trace.role == "gold" and verdict.verified and verdict.trace_correct.get(trace.trace_id):
                messages = conversation(opening(card, question.text), trace.turns)[1:]
                yield WorkedExample(
                    question.question_id, question.table, trace.trace_id, question.family, tuple(messages)
                )


def _length(example: WorkedExample) -> int:
    return sum(len(message["content"]) for message in example.messages)
