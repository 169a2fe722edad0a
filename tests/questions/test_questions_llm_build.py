"""Questions of a language model: a scripted teacher behind a real endpoint explores, proposes and guesses."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tabletutor.config.models import ScratchModelConfig
from tabletutor.config.questions import LlmQuestionsConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.tables import TablesConfig
from tabletutor.config.teachers import EndpointTeacherConfig, LocalTeacherConfig
from tabletutor.models.scratch import make_scratch
from tabletutor.questions.llm.build import ProposalFiles, Settings, build_proposals
from tabletutor.records.question import AnswerSpec, Question, Reject
from tabletutor.records.record import read_records, write_records
from tabletutor.records.table import Split
from tabletutor.tables.ingest import ingest
from tabletutor.teachers.errors import TeacherError
from tabletutor.teachers.open import TeacherFiles
from tests.support.asking_teacher import HEAVIEST, SCRIPT, teach
from tests.support.chat_server import Answer, Call, ChatServer

PENGUINS = Path(__file__).parents[2] / "resources" / "tables" / "penguins_raw.csv"
GONE = "http://127.0.0.1:9/v1"
OTHER = Question(
    question_id="other", table="penguins", source="program", text="How many penguins were studied on Dream?",
    answer_type="integer", answer_spec=AnswerSpec(), answer=124, family="count", category="count", wording="count/0",
    novelty="trained", difficulty="easy",
)  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> ProposalFiles:
    folder = tmp_path_factory.mktemp("penguins")
    made = ProposalFiles(folder / "profile.json", folder / "table.parquet", (folder / "others.jsonl",))
    ingest(
        PENGUINS, table="penguins", source_path="p.csv", config=TablesConfig(), parquet=made.parquet,
        profile=made.profile,
    )  # fmt: skip
    write_records(made.others[0], [OTHER])
    return made


def endpoint(folder: Path, url: str, cassette: str = "record") -> TeacherFiles:
    settings = {"teacher": "openai", "model": "clever", "base_url": url, "cassette": cassette, "max_retries": 0}
    return TeacherFiles("clever", EndpointTeacherConfig.model_validate(settings), cassette=folder / "penguins.jsonl.gz")


def build(
    files: ProposalFiles, teacher: TeacherFiles, folder: Path, split: Split = "test", **config: Any
) -> tuple[list[Question], list[Reject]]:
    folder.mkdir(exist_ok=True)
    build_proposals(
        files,
        teacher,
        Settings(
            LlmQuestionsConfig.model_validate({"teacher": "clever", **config}), SandboxConfig(sessions=2), split, 0
        ),
        cache=folder / "cache",
        code="",
        questions=folder / "questions.jsonl",
        rejects=folder / "rejects.jsonl",
    )
    return read_records(folder / "questions.jsonl", Question), read_records(folder / "rejects.jsonl", Reject)


def written(folder: Path) -> tuple[bytes, bytes]:
    return (folder / "questions.jsonl").read_bytes(), (folder / "rejects.jsonl").read_bytes()


def calls_of(server: ChatServer, words: str) -> list[Call]:
    return [call for call in server.calls if words in call.body["messages"][-1]["content"]]


def test_proposals_become_questions_or_rejects_with_a_reason(files: ProposalFiles, tmp_path: Path) -> None:
    with ChatServer(teach()) as server:
        questions, rejects = build(files, endpoint(tmp_path, server.url), tmp_path)
        calls = len(server.calls)
        asked = [call for call in server.calls if "Now propose" in str(call.body["messages"])]
        controls = [call for call in server.calls if "cannot see" in call.body["messages"][0]["content"]]
        assert calls == len({call.key for call in server.calls}) == 4 + 3 * 3 + 7 + 7
        assert len(asked) == 1 + 2 + 3 + 1, "malformed proposals are asked for again, at most twice"
        build(files, endpoint(tmp_path, server.url), tmp_path)
        assert len(server.calls) == calls, "nothing is paid for twice"
    by_text = {question.text: question for question in questions}
    assert set(by_text) == {
        "Which species has the largest mean body mass?",
        "What is the median flipper length on Biscoe to two decimals for penguins?",
        "What is the mean culmen depth of the males?",
        "What are the mean and the count of the culmen length of females, as a record with 'avg' and 'count'?",
        "Which islands have more than 100 penguins?",
        "On which island do most Chinstrap penguins live?",
    }
    heaviest = by_text["Which species has the largest mean body mass?"]
    gentoo = "Gentoo penguin (Pygoscelis papua)"
    assert heaviest.answer == gentoo
    assert heaviest.engines == {"duckdb": gentoo, "pandas": gentoo, "polars": gentoo}
    assert (heaviest.program, heaviest.difficulty, heaviest.control) == (HEAVIEST, "medium", "I cannot know.")
    median = by_text["What is the median flipper length on Biscoe to two decimals for penguins?"]
    assert median == Question(
        question_id=median.question_id, table="penguins", source="llm", text=median.text, answer_type="number",
        answer_spec=AnswerSpec(decimals=2), answer=None, family="llm", category="llm", wording="llm",
        novelty="other_source", difficulty="medium", hint="use the columns Steps: Keep the rows.; Take the mean.",
        control=None,
    )  # fmt: skip
    record = by_text[
        "What are the mean and the count of the culmen length of females, as a record with 'avg' and 'count'?"
    ]
    assert record.answer_spec.parts == (("avg", "number"), ("count", "integer"))
    assert record.difficulty == "hard"
    assert by_text["Which islands have more than 100 penguins?"].answer_spec.item == "category"
    assert by_text["On which island do most Chinstrap penguins live?"].control == "Dream", "known once gold is"
    reasons = {(reject.text, reject.reason) for reject in rejects}
    assert {(reject.table, reject.family) for reject in rejects} == {("penguins", "llm")}
    assert reasons == {
        ("How many of the penguins were studied on Dream?", "duplicate"),
        ("", "malformed"),
        ("What is the mean of the column 'wing_span' on Dream?", "unknown_column"),
        ("What is the largest beak_size of all penguins?", "unknown_column"),
        ("What does df show as the mean body mass?", "mentions_tools"),
        ("Mean?", "length"),
        ("What is the median flipper length of penguins on Biscoe, to two decimals?", "duplicate"),
        ("What is the average body mass on Dream?", "guessable"),
        ("How heavy is the lightest species on average?", "ill_typed"),
    }
    # The exploration ran real cells, each conversation about other columns; the last one is cut at its turns.
    assert any("(344, 17)" in call.body["messages"][-1]["content"] for call in server.calls)
    starts = {call.body["messages"][1]["content"] for call in server.calls if len(call.body["messages"]) == 2}
    explorations = [each for each in starts if "Explore this table" in each]
    assert len(explorations) == 4
    assert len({each.partition("the columns")[2] for each in explorations}) == 4
    assert {call.body["temperature"] for call in asked} == {0.7, 1.0}
    assert {call.body["max_tokens"] for call in asked} == {2048}
    assert all(call.body["response_format"]["json_schema"]["schema"]["$defs"]["Proposal"] for call in asked)
    # The corrections name the faults, in a line each; the control sees no column.
    correction = calls_of(server, "These questions do not fit")[0].body["messages"][-1]["content"]
    assert "1. 'What is the mean culmen depth of the males?': Invalid enum value 'float'" in correction
    assert "2. 'Which islands have more than 100 penguins?': Object contains unknown field `surprise`" in correction
    assert len(calls_of(server, "could not be read")) == 2
    assert len(controls) == 7
    assert all("Culmen" not in str(call.body["messages"]) for call in controls)
    assert {call.body["temperature"] for call in controls} == {0.0}
    # Without the journal, the cassette gives the same bytes, and the server is gone.
    again = tmp_path / "again"
    again.mkdir()
    (again / "penguins.jsonl.gz").write_bytes((tmp_path / "penguins.jsonl.gz").read_bytes())
    build(files, endpoint(again, GONE, "replay"), again)
    assert written(again) == written(tmp_path)


def turned(script: Mapping[int, list[list[dict[str, Any]] | str]]) -> Mapping[int, list[list[dict[str, Any]] | str]]:
    """Return a script with the well-formed proposals of conversations 0 and 3 in the places of each other, reversed."""
    (first,), (last,) = script[0], script[3]
    assert not isinstance(first, str)
    assert not isinstance(last, str)
    return {**script, 0: [last[::-1]], 3: [first[::-1]]}


def test_the_order_of_proposals_does_not_matter(files: ProposalFiles, tmp_path: Path) -> None:
    """One question is chosen; those that the control passes and that are left over are rejected."""
    result: list[tuple[bytes, set[tuple[str, str]]]] = []
    for folder, script in ((tmp_path / "a", SCRIPT), (tmp_path / "b", turned(SCRIPT))):
        with ChatServer(teach(script)) as server:
            folder.mkdir()
            questions, rejects = build(
                files, endpoint(folder, server.url), folder, "train", per_table={"train": 1}, no_data_control=False
            )
        assert [question.novelty for question in questions] == ["trained"]
        assert questions[0].control is msgspec.UNSET
        result.append((written(folder)[0], {(reject.text, reject.reason) for reject in rejects}))
    assert result[0] == result[1]
    assert sum(reason == "surplus" for _, reason in result[0][1]) == 6


def test_a_killed_job_pays_for_no_conversation_twice(files: ProposalFiles, tmp_path: Path) -> None:
    """Without a cassette too: finished conversations are in the journal."""

    def failing(call: Call) -> Answer:
        guess = "cannot see" in call.body["messages"][0]["content"]
        return Answer(b"{}", status=401) if guess else teach()(call)

    with ChatServer(failing) as server, pytest.raises(TeacherError):
        build(files, endpoint(tmp_path, server.url, "live"), tmp_path, conversations=1)
    with ChatServer(teach()) as server:
        questions, _ = build(files, endpoint(tmp_path, server.url, "live"), tmp_path, conversations=1)
        assert len(questions) == 2
        assert all("cannot see" in call.body["messages"][0]["content"] for call in server.calls)


def test_no_question_is_asked_where_none_is_wanted(files: ProposalFiles, tmp_path: Path) -> None:
    assert build(files, endpoint(tmp_path, GONE), tmp_path, per_table={"train": 5}) == ([], [])


def test_a_local_model_is_asked_too(files: ProposalFiles, tmp_path: Path) -> None:
    """A model with random weights proposes nothing that can be read."""
    config = ScratchModelConfig(source="scratch", vocabulary=400, hidden=32, layers=1, heads=4, positions=4096)
    make_scratch(config, ["propose questions about the table df"] * 3, 5, tmp_path / "model")
    settings = {"teacher": "local", "model": "tiny", "sampling": {"max_tokens": 8}}
    teacher = TeacherFiles("tiny", LocalTeacherConfig.model_validate(settings), tmp_path / "model", max_context=4096)
    options: dict[str, Any] = {"conversations": 2, "turns": 1, "proposal_tokens": 64, "max_context": 4096}
    questions, rejects = build(files, teacher, tmp_path, temperatures=(1.0,), **options)
    assert questions == []
    assert {reject.reason for reject in rejects} == {"malformed"}
    assert len(rejects) == 2
