"""Rounds of rejection sampling: a scripted student answers in the sandbox, and only its right attempts become rows."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from tabletutor.config.formats import ConversationConfig
from tabletutor.config.runs import AttemptsConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.formats.audit import audit_format
from tabletutor.formats.build import EpisodeFiles, SplitFiles, build_format
from tabletutor.formats.round_rows import RoundStats, add_attempts
from tabletutor.models.prompt import Message, opening
from tabletutor.records.episode import Prediction, Trace, Turn, Verdict
from tabletutor.records.question import Question
from tabletutor.records.record import read_record, read_records, write_records
from tabletutor.rows.row import ConversationRow, Note
from tabletutor.sandbox.host.sandboxes import Sandboxes
from tabletutor.students.rollout import Answerer, FinishedTurn, Opening, Task, roll_out

TABLE = "mpg"
ASKED = 3  # questions that the student answers


class Script:
    """A generator of turns that says what it is given, for each conversation."""

    def __init__(self, turns: Sequence[Sequence[str]]) -> None:
        self._turns = [list(texts) for texts in turns]
        self._waiting: list[int] = []

    def begin(self, openings: Mapping[int, Opening]) -> None:
        assert openings.keys() == set(range(len(self._turns)))

    def feed(self, keys: Sequence[int]) -> None:
        self._waiting += keys

    def finished(self, wanted: int) -> list[FinishedTurn]:
        done, self._waiting = self._waiting, []
        return [FinishedTurn(key, self._turns[key].pop(0), 5) for key in done]

    def observe(self, key: int, reply: Message) -> None:
        pass

    def room(self, key: int) -> int:
        return 100

    def end(self, key: int) -> None:
        assert key not in self._waiting


def cell(reasoning: str, code: str) -> str:
    return f"{reasoning}\n```python\n{code}\n```"


def attempts_at(question: Question) -> dict[str, list[str]]:
    """Return the turns of each of the student's attempts at a question."""
    right = cell("I submit.", f"submit({question.answer!r})")
    return {
        "right": [right],
        "wrong": [cell("I submit.", "submit('nonsense')")],
        "again": [right],
        "mended": [cell("I look.", "df['no such column']"), right],
        "no code": ["I think."] * 2,
        "long": [cell("I look.", "rows = len(df)"), right],
    }


class Round(NamedTuple):
    """The files of a round: rows of the format, attempts at questions, and the ids of these questions."""

    files: dict[str, EpisodeFiles]
    base: SplitFiles
    attempts: Path
    questions: list[Question]

    def add(self, folder: Path, **settings: Any) -> RoundStats:
        return add_attempts(
            "sft-standard",
            files=self.files,
            base=self.base,
            attempts=self.attempts,
            config=ConversationConfig(include_recovered=False, first_turn_share=1),
            settings=AttemptsConfig(run="tuned", **settings),
            verdicts=VerdictsConfig(),
            seed=0,
            output=SplitFiles(folder / "train.jsonl", folder / "notes" / "train.jsonl"),
            stats=folder / "stats.json",
        )


@pytest.fixture(scope="module")
def answered(built: Any, tmp_path_factory: pytest.TempPathFactory) -> Round:
    """A round in which a scripted student has answered some questions about one table in the sandbox."""
    folder = tmp_path_factory.mktemp("round")
    outputs: dict[Any, SplitFiles] = {
        split: SplitFiles(folder / f"{split}.jsonl", folder / "notes" / f"{split}.jsonl")
        for split in ("train", "validation")
    }
    config = ConversationConfig(include_recovered=False)
    build_format("sft-standard", built.tables, built.splits, config, 0, outputs, folder / "stats.json")
    verified = {each.question_id for each in read_records(built.tables[TABLE].verdicts, Verdict) if each.verified}
    every = read_records(built.tables[TABLE].questions, Question)
    questions = [question for question in every if question.question_id in verified][:ASKED]
    tasks = [
        (Task(question.question_id, TABLE, opening("card", question.text), sample), turns)
        for question in questions
        for sample, turns in enumerate(attempts_at(question).values())
    ]
    with Sandboxes(SandboxConfig(sessions=2)) as sandboxes:
        made = [
            Prediction(attempt.task.question_id, TABLE, "tuned", attempt.task.sample, attempt.trace, attempt.tokens)
            for attempt in roll_out(
                [task for task, _ in tasks],
                {TABLE: built.results / "tables" / TABLE / "table.parquet"},
                Answerer("tuned", "student", 0),
                Script([turns for _, turns in tasks]),
                2,
                sandboxes,
            )
        ]
    write_records(folder / "attempts.jsonl", made)
    files = {name: each for name, each in built.tables.items() if built.splits[name] == "train"}
    return Round(files, outputs["train"], folder / "attempts.jsonl", questions)


@pytest.mark.slow
def test_only_right_attempts_become_rows_once_each(answered: Round, built: Any, tmp_path: Path) -> None:
    stats = answered.add(tmp_path, per_question=9)
    base = answered.base.rows.read_bytes()
    assert (tmp_path / "train.jsonl").read_bytes().startswith(base)
    assert stats == read_record(tmp_path / "stats.json", RoundStats)
    assert stats.dropped == {"duplicate": ASKED, "unanswered": ASKED, "wrong": ASKED}
    assert (stats.attempts, stats.right, stats.added) == (6 * ASKED, 4 * ASKED, 3 * ASKED)
    assert stats.by_table == {TABLE: 3 * ASKED}
    rows, notes = (
        read_records(tmp_path / "train.jsonl", ConversationRow),
        read_records(tmp_path / "notes" / "train.jsonl", Note),
    )
    assert stats.base + stats.added == len(rows) == len(notes)
    assert [note.trace_id for note in notes] == [row.trace_id for row in rows]
    attempts = {each.trace.trace_id: each.trace for each in read_records(answered.attempts, Prediction)}
    for row in rows[stats.base :]:
        said = [message["content"] for message in row.messages if message["role"] == "assistant"]
        weights = [message["weight"] for message in row.messages if message["role"] == "assistant"]
        trace = attempts[row.trace_id]
        assert said[-1].startswith("I submit.\n```python\nsubmit(")
        assert len(said) == len(trace.turns)  # not cut after the first turn
        assert weights == [int(turn.error is None) for turn in trace.turns]
    questions = {name: each.questions for name, each in answered.files.items()}
    rows_of: dict[Any, Path] = {"train": tmp_path / "train.jsonl"}
    audit_format("sft-standard", rows=rows_of, questions=questions, splits=built.splits, output=tmp_path / "audit.json")


@pytest.mark.slow
def test_attempts_without_a_mistake_and_short_ones_come_first(answered: Round, tmp_path: Path) -> None:
    for most, turns in ((1, {1}), (2, {1, 2})):
        stats = answered.add(tmp_path, per_question=most)
        assert stats.added == most * ASKED
        rows = read_records(tmp_path / "train.jsonl", ConversationRow)[stats.base :]
        assert {row.turn_count() for row in rows} == turns
        assert all(message["weight"] for row in rows for message in row.messages if message["role"] == "assistant")
    assert stats.dropped["over_per_question"] == ASKED
    stats = answered.add(tmp_path, per_question=1, per_table=2)
    assert (stats.added, stats.dropped["over_per_table"]) == (2, ASKED - 2)


@pytest.mark.slow
def test_a_quoted_hint_an_empty_turn_and_a_refused_question_add_nothing(answered: Round, tmp_path: Path) -> None:
    first, second, third = answered.questions
    submit = f"submit({first.answer!r})"

    def attempt(question: Question, *turns: Turn) -> Prediction:
        trace = Trace(f"{question.question_id}-{len(turns)}", "student", "tuned", turns, "submit", question.answer)
        return Prediction(question.question_id, TABLE, "tuned", 0, trace, 5)

    made = [
        attempt(first, Turn(0, f"{first.hint} So I submit.", submit, "")),
        attempt(second, Turn(0, " ", "", ""), Turn(1, "I submit.", submit, "")),
        attempt(third, Turn(0, "I submit.", submit, "")),
    ]
    verdicts = tmp_path / "verdicts.jsonl"
    refused = [
        msgspec.structs.replace(each, verified=each.verified and each.question_id != third.question_id)
        for each in read_records(answered.files[TABLE].verdicts, Verdict)
    ]
    write_records(verdicts, refused)
    write_records(tmp_path / "attempts.jsonl", made)
    changed = {**answered.files, TABLE: answered.files[TABLE]._replace(verdicts=verdicts)}
    stats = answered._replace(files=changed, attempts=tmp_path / "attempts.jsonl").add(tmp_path)
    assert stats.dropped == {"empty_turn": 1, "not_verified": 1, "quotes_hint": 1}
    assert (tmp_path / "train.jsonl").read_bytes() == answered.base.rows.read_bytes()
    write_records(tmp_path / "attempts.jsonl", [attempt(msgspec.structs.replace(first, question_id="q9"))])
    with pytest.raises(ValueError, match=r"attempts\.jsonl: question q9 is not about a training table"):
        answered._replace(attempts=tmp_path / "attempts.jsonl").add(tmp_path)
