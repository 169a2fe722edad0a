"""The public API: the tour of `docs/api.md`, and the behaviour of each name."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import tabletutor
from tabletutor import ask_questions, match, open_sandbox, profile, read_episodes, read_questions, read_table
from tabletutor.records.question import AnswerSpec
from tabletutor.records.record import write_records

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_tour_runs_outside_a_checkout(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 5
    shutil.copy(ROOT / "resources" / "tables" / "penguins_raw.csv", tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    command = [sys.executable, "-c", "\n".join(blocks)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["penguins_raw.csv"]


def test_every_public_name_is_there_and_described() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    stub = (ROOT / "scripts" / "tabletutor" / "__init__.pyi").read_text(encoding="utf-8")
    for name in tabletutor.__all__:
        assert getattr(tabletutor, name).__doc__
        assert f"`{name}" in page
        assert f"import {name} as {name}\n" in stub
    with pytest.raises(AttributeError, match="there are: Table, ask_questions"):
        tabletutor.nothing  # noqa: B018


def test_importing_the_package_imports_no_library() -> None:
    code = "import sys, tabletutor; print([m for m in ('pandas', 'polars', 'pydantic', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_frame_is_read_as_the_csv_it_makes() -> None:
    frame = pd.DataFrame({"town": ["Oslo", "Rome"] * 10, "price": [f"${n}.50" for n in range(20)]})
    table = read_table(frame)
    assert [(column.name, column.kind, column.unit) for column in table.profile.columns] == [
        ("town", "category", None),
        ("price", "number", "$"),
    ]
    assert table.frame["price"].sum() == 200
    assert table.profile == profile(frame)
    assert table.profile.source.path == "DataFrame"


def test_questions_are_read_back(tmp_path: Path) -> None:
    questions = ask_questions(ROOT / "resources" / "tables" / "msleep.csv", count=3)
    assert len(questions) == 3
    write_records(tmp_path / "questions.jsonl", questions)
    assert read_questions(tmp_path / "questions.jsonl") == questions
    with pytest.raises(ValueError, match=r"questions\.jsonl:1: not a Episode"):
        read_episodes(tmp_path / "questions.jsonl")


def test_answers_are_matched_by_type() -> None:
    assert match(2.5, "2.51", "number", AnswerSpec(decimals=1))
    assert not match(2.5, "2.51", "number")
    assert match(["a", "b"], ["b", "a"], "set")
    with pytest.raises(ValueError, match="no answer type"):
        match(1, 1, "money")  # type: ignore[arg-type]


def test_a_sandbox_needs_no_table() -> None:
    with open_sandbox() as sandbox, sandbox.session() as session:
        assert session.run("submit(1 + 1)").answer == 2
