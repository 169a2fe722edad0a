"""All sources of questions and a teacher that reads them, through Snakemake, against a scripted endpoint."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tabletutor.records.episode import Episode, Verdict
from tabletutor.records.question import Question
from tabletutor.records.record import read_records
from tests.support.asking_teacher import teach
from tests.support.chat_server import Answer, Call, ChatServer, completion
from tests.support.checkout import SNAKEMAKE, Checkout, copy_checkout

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
TABLES = (
    "table\tpath\tsplit\npenguins_raw\tresources/tables/penguins_raw.csv\ttrain\nmpg\tresources/tables/mpg.csv\ttest\n"
)
PAIRS = "question,answer,answer_type\nHow many cars are listed?,234,integer\nHow many makers are there?,16,integer\n"
SECRET = "sk-not-for-any-file"
TARGETS = [
    "results/formats/sft-standard/audit.json",
    "results/questions/verified/mpg.jsonl",
    "results/questions/verified/penguins_raw.jsonl",
]


def config(url: str, cassette: str) -> dict[str, Any]:
    return {
        "project": "teachers",
        "results": "results",
        "table_list": "tables.tsv",
        "sandbox": {"sessions": 2},
        "teachers": {
            "clever": {
                "teacher": "openai",
                "model": "clever",
                "base_url": url,
                "cassette": cassette,
                "key_variable": "CLEVER_KEY",
            }
        },
        "questions": {
            "program": {"per_table": {"train": 4, "validation": 0, "test": 3}, "per_family": 1},
            "llm": {"teacher": "clever", "per_table": {"train": 6, "validation": 0, "test": 0}},
            "pairs": {"mpg": "pairs.csv"},
        },
        "traces": {"teacher": "clever", "max_turns": 3},
        "formats": {"sft-standard": {}},
        "models": {"tiny": {"source": "scratch"}},
        "runs": {"base": {"model": "tiny"}, "tuned": {"model": "tiny", "training": {}}},
    }


class Reader:
    """Answers questions as their files say, but every other one of a program wrongly; asks what it is asked to ask."""

    def __init__(self, results: Path) -> None:
        self._results = results
        self._asks = teach()
        self.reads = 0

    def __call__(self, call: Call) -> Answer:
        assert call.headers["authorization"] == f"Bearer {SECRET}"
        messages = call.body["messages"]
        if "careful data analyst" not in messages[0]["content"] or "Now propose" in json.dumps(messages):
            return self._asks(call)
        if "above all about" in messages[1]["content"]:
            return self._asks(call)
        self.reads += 1
        if len(messages) == 2:
            return Answer(completion("I look.\n```python\nprint(len(df))\n```"))
        text = messages[1]["content"].partition("\n\n")[2].partition("\n\nHint")[0]
        return Answer(completion(f"Now I know.\n```python\nsubmit({self.answer(text)!r})\n```"))

    def answer(self, text: str) -> Any:
        """The right answer to a question of a program or of pairs, and the same number for all others."""
        known = {question.text: question for question in self.questions()}
        if text in known and known[text].answer is not None:
            wrong = text.endswith("years?") or sorted(known).index(text) % 2 == 0
            return "nothing of the kind" if wrong and known[text].source == "program" else known[text].answer
        return 4

    def questions(self) -> list[Question]:
        files = sorted(self._results.glob("questions/*/*.jsonl"))
        return [each for path in files if "rejects" not in path.name for each in read_records(path, Question)]


def build(checkout: Checkout, targets: Sequence[str], url: str, cassette: str) -> str:
    (checkout.root / "project.yaml").write_text(yaml.safe_dump(config(url, cassette)))
    done = subprocess.run(
        [SNAKEMAKE, *targets, "--configfile", "project.yaml", "--profile", "local"],
        cwd=checkout.root,
        env={**os.environ, **checkout.environment(), "CLEVER_KEY": SECRET},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_questions_of_all_sources_are_read_and_can_be_replayed(tmp_path: Path) -> None:
    checkout = copy_checkout(tmp_path / "checkout")
    (checkout.root / "tables.tsv").write_text(TABLES)
    (checkout.root / "pairs.csv").write_text(PAIRS)
    results = checkout.root / "results"
    with ChatServer(Reader(results)) as server:
        printed = build(checkout, TARGETS, server.url, "record")
        assert len(server.calls) == len({call.key for call in server.calls}), "no request is paid for twice"

    questions = {
        table: {each.question_id: each for each in read_records(results / f"questions/mixed/{table}.jsonl", Question)}
        for table in ("penguins_raw", "mpg")
    }
    sources = {table: Counter(each.source for each in asked.values()) for table, asked in questions.items()}
    assert sources["mpg"] == {"program": 3, "pairs": 2}
    assert sources["penguins_raw"]["program"] == 4
    assert sources["penguins_raw"]["llm"] >= 2
    verdicts = [
        verdict for table in questions for verdict in read_records(results / f"verdicts/mixed/{table}.jsonl", Verdict)
    ]
    asked = questions["mpg"] | questions["penguins_raw"]
    assert all(each.independent >= 2 for each in verdicts if asked[each.question_id].source != "llm"), "all were read"
    programs = Counter(each.taxonomy for each in verdicts if asked[each.question_id].source == "program")
    assert programs["verified"] >= 1
    assert programs["hint_necessary"] >= 1, "what the reader answers otherwise is refused"
    assert {each.taxonomy for each in verdicts if asked[each.question_id].source == "pairs"} == {"verified"}

    graded = read_records(results / "questions/verified/mpg.jsonl", Question)
    refused = {each.question_id for each in verdicts if not each.verified}
    assert {each.question_id for each in graded} == questions["mpg"].keys() - refused
    rows = (results / "formats/sft-standard/train.jsonl").read_text()
    assert "Hint" not in rows
    roles = Counter(
        trace.role
        for each in read_records(results / "episodes/mixed/penguins_raw.jsonl", Episode)
        for trace in each.traces
    )
    assert roles["independent"] >= 8
    for path in [*checkout.root.glob("cassettes/**/*"), *results.rglob("*"), *(checkout.root / "logs").rglob("*")]:
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), f"{path} holds the key"
    assert SECRET not in printed

    traces = "results/traces/mixed/penguins_raw.jsonl"
    again = copy_checkout(tmp_path / "again", checkout.root)  # with the cassettes, without results
    build(again, [traces], "http://127.0.0.1:9/v1", "replay")
    assert (again.root / traces).read_bytes() == (checkout.root / traces).read_bytes()
