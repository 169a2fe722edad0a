"""Traces by language models: a scripted teacher behind a real endpoint answers from the text, and with the hint."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.tables import TablesConfig
from tabletutor.config.teachers import EndpointTeacherConfig
from tabletutor.config.traces import TracesConfig
from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.episodes.traces import Settings, TraceFiles, build_traces
from tabletutor.records.episode import Episode
from tabletutor.records.question import AnswerSpec, Difficulty, Question
from tabletutor.records.record import read_records, write_records
from tabletutor.tables.ingest import ingest
from tabletutor.teachers.errors import TeacherError
from tabletutor.teachers.open import TeacherFiles
from tests.support.chat_server import Answer, Call, ChatServer, completion, error

# What the teacher submits: from the text alone, by the seed of its conversation, and with the hint.
SUBMITS: dict[str, Any] = {
    "sum": lambda seed, hint: "int(df['n'].sum())",
    "doubtful": lambda seed, hint: "6" if seed % 2 else "5",
    "riddle": lambda seed, hint: "3" if hint else "1",
    "unanswerable": lambda seed, hint: "",
}


def question(name: str, source: str, answer: Any, difficulty: Difficulty = "easy") -> Question:
    return Question(
        question_id=name,
        table="numbers",
        source=source,
        text=f"The {name} question.",
        answer_type="integer",
        answer_spec=AnswerSpec(),
        answer=answer,
        family=source,
        category=source,
        wording="",
        novelty="trained",
        difficulty=difficulty,
        hint="count the rows" if source == "llm" else "",
    )


QUESTIONS = [
    question("sum", "program", 18),
    question("doubtful", "program", 6, "hard"),
    question("riddle", "llm", None),
    question("unanswerable", "llm", None),
]


def teach(call: Call) -> Answer:
    """Answer as the teacher: look at the table, then submit; without an answer, write a turn without code."""
    messages = call.body["messages"]
    asked = messages[1]["content"]
    name = next(name for name in SUBMITS if f"The {name} question." in asked)
    code = SUBMITS[name](call.body["seed"], "count the rows" in asked)
    if len(messages) == 2:
        return Answer(completion("I look.\n```python\nprint(len(df))\n```"))
    if len(messages) == 4:
        return Answer(completion("One.\n```python\n1\n```\nTwo.\n```python\n2\n```"))
    return Answer(completion(f"```python\nsubmit({code})\n```" if code else "I can't tell."))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> TraceFiles:
    folder = tmp_path_factory.mktemp("numbers")
    made = TraceFiles(folder / "questions.jsonl", folder / "profile.json", folder / "table.parquet")
    csv = folder / "numbers.csv"
    csv.write_text("n\n" + "1\n2\n3\n" * 3)
    ingest(
        csv, table="numbers", source_path=csv.name, config=TablesConfig(), parquet=made.parquet, profile=made.profile
    )
    write_records(made.questions, QUESTIONS)
    return made


def run(files: TraceFiles, url: str, folder: Path, cassette: str = "record", **config: Any) -> list[Episode]:
    settings = {"teacher": "openai", "model": "clever", "base_url": url, "cassette": cassette, "max_retries": 0}
    teacher = TeacherFiles(
        "clever", EndpointTeacherConfig.model_validate(settings), cassette=folder / "numbers.jsonl.gz"
    )
    build_traces(
        files,
        teacher,
        None,
        Settings(
            TracesConfig.model_validate({"teacher": "clever", "max_turns": 4, "batch_size": 3, **config}),
            VerdictsConfig(),
            SandboxConfig(sessions=2),
            0,
        ),
        cache=folder / "cache",
        code="",
        output=folder / "traces.jsonl",
    )
    return read_records(folder / "traces.jsonl", Episode)


def test_traces_are_added_until_the_vote_is_settled(files: TraceFiles, tmp_path: Path) -> None:
    with ChatServer(teach) as server:
        episodes = {each.question_id: each for each in run(files, server.url, tmp_path)}
        roles = {name: Counter(trace.role for trace in each.traces) for name, each in episodes.items()}
        assert set(episodes) == {"sum", "doubtful", "riddle", "unanswerable"}
        assert roles["sum"] == {"independent": 3}, "two agree, the third makes a majority of five"
        assert 4 <= roles["doubtful"]["independent"] <= 7
        votes = Counter(trace.answer for trace in episodes["doubtful"].traces)
        assert set(votes) == {5, 6}
        assert max(votes.values()) == 4, "a majority of seven ends the vote"
        assert roles["riddle"] == {"gold": 1, "independent": 3}
        assert roles["unanswerable"] == {"gold": 1}, "without a gold answer nobody votes"
        gold, *others = episodes["riddle"].traces
        assert (gold.answer, {trace.answer for trace in others}) == (3, {1})
        assert {trace.teacher for trace in episodes["sum"].traces} == {"clever"}
        first = episodes["sum"].traces[0]
        assert [turn.code for turn in first.turns] == ["print(len(df))", "", "submit(int(df['n'].sum()))"]
        assert first.turns[1].reasoning.startswith("One."), "two blocks are refused whole"
        assert [turn.code for turn in episodes["unanswerable"].traces[0].turns] == ["print(len(df))", "", "", ""]
        hints = [call for call in server.calls if "count the rows" in call.body["messages"][1]["content"]]
        assert {call.body["temperature"] for call in hints} == {0.0}, "only gold traces see a hint"
        calls = len(server.calls)
        assert calls == len({call.key for call in server.calls}), "no request is paid for twice"
        written = (tmp_path / "traces.jsonl").read_bytes()
        (tmp_path / "traces.jsonl").unlink()
        run(files, server.url, tmp_path)
        assert len(server.calls) == calls
    # Without the journal, the cassette gives the same bytes, and the server is gone.
    again = tmp_path / "again"
    again.mkdir()
    (again / "numbers.jsonl.gz").write_bytes((tmp_path / "numbers.jsonl.gz").read_bytes())
    run(files, "http://127.0.0.1:9/v1", again, "replay")
    assert (tmp_path / "traces.jsonl").read_bytes() == (again / "traces.jsonl").read_bytes() == written


def test_a_failing_endpoint_loses_no_finished_trace(files: TraceFiles, tmp_path: Path) -> None:
    def failing(call: Call) -> Answer:
        return teach(call) if len(server.calls) < 9 else Answer(b"{}", status=401)

    with ChatServer(failing) as server, pytest.raises(TeacherError):
        run(files, server.url, tmp_path)
    with ChatServer(teach) as server:
        run(files, server.url, tmp_path)
        rest = len(server.calls)
    with ChatServer(teach) as server:
        whole = tmp_path / "whole"
        whole.mkdir()
        run(files, server.url, whole)
        assert rest == len(server.calls) - 8
    assert (tmp_path / "traces.jsonl").read_bytes() == (whole / "traces.jsonl").read_bytes()


def test_a_conversation_that_is_too_long_for_the_endpoint_ends(files: TraceFiles, tmp_path: Path) -> None:
    def short_sighted(call: Call) -> Answer:
        long = len(call.body["messages"]) > 3
        return Answer(error("At most 9 tokens.", "context_length_exceeded"), status=400) if long else teach(call)

    with ChatServer(short_sighted) as server:
        episodes = run(files, server.url, tmp_path)
    traces = [trace for episode in episodes for trace in episode.traces]
    assert {trace.ended for trace in traces} == {"turn_limit"}
    assert {tuple(turn.code for turn in trace.turns) for trace in traces} == {("print(len(df))", "")}
    (tmp_path / "cache").rename(tmp_path / "unused")
    assert run(files, "http://127.0.0.1:9/v1", tmp_path, "replay") == episodes


def test_a_share_of_the_program_questions_is_read(files: TraceFiles, tmp_path: Path) -> None:
    with ChatServer(teach) as server:
        episodes = run(files, server.url, tmp_path, read_share=0)
    assert [each.question_id for each in episodes] == ["riddle", "unanswerable"]
