"""The `tabletutor` command, run as users run it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import structs

from tabletutor.config.jsonschema import schema
from tabletutor.formats.turns import with_weights
from tabletutor.models.prompt import Message
from tabletutor.records.episode import Episode, Trace, Turn
from tabletutor.records.question import AnswerSpec, Question
from tabletutor.records.record import write_record, write_records
from tabletutor.reporting.arms import Arm, ArmDifference, ArmGroup, Arms
from tabletutor.rows.row import ConversationRow, PairRow

ROOT = Path(__file__).parents[2]
COMMAND = Path(sys.executable).with_name("tabletutor")


def run(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **environment}
    return subprocess.run([COMMAND, *arguments], cwd=cwd, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    "verb",
    [
        [],
        ["explain"],
        ["doctor"],
        ["schema"],
        ["code"],
        ["cache"],
        ["cassette"],
        ["reproduce"],
        ["arms"],
        ["serve"],
        ["triangulate"],
    ],
)
def test_help_shows_an_example(verb: list[str]) -> None:
    done = run(*verb, "--help")
    assert done.returncode == 0
    assert "Example: tabletutor" in done.stdout


def test_start_is_light() -> None:
    script = "import sys, tabletutor.cli.main; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"torch", "transformers", "pandas", "duckdb", "snakemake"} & set(done.stdout.split())


def test_schema_is_printed() -> None:
    assert json.loads(run("schema").stdout) == schema()


@pytest.mark.slow
def test_code_explains_what_a_rule_reaches_and_from_where() -> None:
    done = run("code", "questions", "--explain")
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert {line[0] for line in lines} == {"code", "import", "version", "digest"}
    assert [line for line in lines if line[2:] == ["scripts/questions.(at", "import)", "←", "the", "rule"]]
    assert "torch" not in {line[2] for line in lines if line[0] == "version"}
    assert lines[-1][1] in run("code", "questions").stdout


@pytest.mark.slow
def test_code_shows_what_has_changed_since_a_revision(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    for name in ("scripts", "envs"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run([*git, *arguments], cwd=checkout, check=True)
    environment = {"PYTHONPATH": str(checkout / "scripts")}
    source = checkout / "scripts" / "tabletutor" / "reporting" / "statistics.py"
    text = source.read_text(encoding="utf-8")
    source.write_text(f"# a comment\n{text}", encoding="utf-8")
    same = run("code", "summary", "--diff", "HEAD", cwd=checkout, **environment)
    assert same.stdout == "summary: nothing has changed since HEAD\n", same.stderr
    assert text.count("def wilson(") == 1
    source.write_text(text.replace("def wilson(", "def wilson_interval(") + "\nwilson = wilson_interval\n")
    changed = run("code", "summary", "--diff", "HEAD", cwd=checkout, **environment).stdout
    assert "tabletutor.reporting.statistics.wilson_interval  reached now" in changed
    assert "tabletutor.reporting.statistics.wilson  changed" in changed
    assert "tabletutor.records" not in changed
    assert run("code", "summary", "--diff", "no-such", cwd=checkout, **environment).returncode == 1


def test_an_unknown_rule_is_answered_with_the_nearest() -> None:
    done = run("code", "question")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "no rule 'question'; did you mean questions?\n"


@pytest.mark.slow
def test_doctor_finds_faults_and_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("sede: 1\n")
    done = run("doctor", "--config", "bad.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert "bad.yaml: sede: unknown key; did you mean seed?" in done.stdout
    assert "run `make env`" in done.stdout


def question(identity: str) -> Question:
    return Question(
        question_id=identity,
        table="t",
        source="program",
        text=f"How many [bold]rows[/bold] has {identity}?",
        answer_type="integer",
        answer_spec=AnswerSpec(),
        answer=3,
        family="count",
        category="filter",
        wording="w",
        novelty="trained",
        difficulty="easy",
    )


def episode(identity: str) -> Episode:
    turn = Turn(index=0, reasoning="r", code="submit(3)", stdout="")
    traces = (
        Trace(trace_id="t1", role="gold", teacher="program", turns=(turn,), ended="submit", answer=3),
        Trace(trace_id="t2", role="perturbed", teacher="program", turns=(turn,), ended="submit", answer=4),
    )
    return Episode(episode_id="e" + identity, question_id=identity, table="t", traces=traces)


def test_explain_follows_a_row_through_all_stages(tmp_path: Path) -> None:
    write_records(tmp_path / "results/questions/program/t.jsonl", [question("q1"), question("q2")])
    write_records(tmp_path / "results/episodes/program/t.jsonl", [episode("q2"), episode("q1")])
    done = run("explain", "results/episodes/program/t.jsonl:1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "results/questions/program/t.jsonl:2" in done.stdout
    assert "How many [bold]rows[/bold] has q2?" in done.stdout
    assert "t1: gold by program, 1 turns, ended by submit, answer 3" in done.stdout
    assert "q1" not in done.stdout


def test_explain_escapes_what_would_drive_the_terminal(tmp_path: Path) -> None:
    asked = structs.replace(question("q1"), text="How many \x1b]0;title\x07\x1b[2Jrows?")
    write_records(tmp_path / "results/questions/program/t.jsonl", [asked])
    done = run("explain", "results/questions/program/t.jsonl:1", cwd=tmp_path)
    assert r"How many \x1b]0;title\x07\x1b[2Jrows?" in done.stdout
    assert "\x1b" not in done.stdout
    assert "\x07" not in done.stdout


def test_explain_says_of_a_training_row_which_traces_it_is_of(tmp_path: Path) -> None:
    write_records(tmp_path / "results/episodes/program/t.jsonl", [episode("q1")])
    messages: list[list[Message]] = [[{"role": "assistant", "content": text}] for text in ("right", "wrong")]
    ids = {"question_id": "q1", "table": "t", "trace_id": "t1"}
    pair = PairRow(**ids, rejected_id="t2", prompt=[], chosen=messages[0], rejected=messages[1])
    conversation = ConversationRow(**ids, messages=with_weights(messages[0], [1]))
    for name, row in {"sft-standard": conversation, "dpo": pair}.items():
        write_records(tmp_path / "results/formats" / name / "train.jsonl", [row])
        done = run("explain", f"results/formats/{name}/train.jsonl:1", cwd=tmp_path, COLUMNS="200")
        assert done.returncode == 0, done.stderr
        assert "answer 3 ← this row" in done.stdout
        assert ("answer 4 ← rejected by this row" in done.stdout) is (name == "dpo")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("results/none.json", "results/none.json: no such file"),
        ("results/questions/t.jsonl:2", "results/questions/t.jsonl:2: no such row; the file has 1 rows"),
        ("results/questions/t.jsonl:0", "results/questions/t.jsonl:0: no such row"),
        ("t.jsonl:1", "t.jsonl: not in a results folder"),
    ],
)
def test_explain_says_what_is_not_there(tmp_path: Path, target: str, message: str) -> None:
    write_records(tmp_path / "results/questions/t.jsonl", [question("q1")])
    write_records(tmp_path / "t.jsonl", [question("q1")])
    done = run("explain", target, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(message)


def arms_project(folder: Path, arms: str) -> None:
    (folder / "p.yaml").write_text(
        "project: p\nmodels: {m: {source: scratch}}\n"
        "runs: {base: {model: m}, tuned: {model: m, training: {}}, a: {model: m}, b: {model: m}}\n"
        f"reporting: {{arms: {arms}}}\n"
    )


@pytest.mark.slow
def test_arms_are_printed_as_markdown(tmp_path: Path) -> None:
    arms_project(tmp_path, "{first: [a], second: [b]}")
    assert run("arms", "--config", "p.yaml", cwd=tmp_path).stderr.startswith("results/metrics/arms.json: no such file")
    group = ArmGroup("overall", "all", 40, {"a": 0.25, "c": 0.35}, 0.3, 0.0707, 0.9, 2.5)
    alone = ArmGroup("overall", "all", 40, {"b": 0.5}, 0.5, None, 1.0, 2.0)
    difference = ArmDifference("second", "first", "overall", "all", 40, 3, 20.0, -1.5, 33.0, 0.004, 0.008)
    arms = (Arm("first", ("a", "c"), (group,)), Arm("second", ("b",), (alone,)))
    write_record(tmp_path / "results/metrics/arms.json", Arms(0.95, 200, 999, arms, (difference,)))
    done = run("arms", "--config", "p.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    cells = [[cell.strip() for cell in line.strip("| ").split("|")] for line in done.stdout.splitlines()]
    assert ["first", "2", "30.0\u202f% ± 7.1"] in cells
    assert ["second", "1", "50.0\u202f%"] in cells
    assert ["first", "90.0\u202f% · 2.5"] in cells
    assert ["second", "100.0\u202f% · 2.0"] in cells
    assert ["second", "first", "all", "40", "+20.0", "−1.5 to +33.0", "0.004", "0.008"] in cells


@pytest.mark.slow
def test_arms_says_where_there_are_none(tmp_path: Path) -> None:
    arms_project(tmp_path, "{}")
    done = run("arms", "--config", "p.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "p.yaml: reporting.arms is empty; list the runs of at least two arms\n"
