"""The recipe for a question family in `docs/extending.md`, followed to the letter in a copy of the package."""

import json
import re
from pathlib import Path

import pytest

from tests.support.checkout import ROOT
from tests.support.recipes import copy_package, follow, recipe, run_python

ASK = """
import sys
from pathlib import Path
from tabletutor.config.questions import ProgramQuestionsConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.tables import TablesConfig
from tabletutor.questions.build import build_questions
from tabletutor.tables.ingest import ingest

profile, table, questions = (Path(name) for name in ("profile.json", "table.parquet", "questions.jsonl"))
ingest(
    Path(sys.argv[1]), table="table", source_path="table.csv", config=TablesConfig(), parquet=table, profile=profile
)
build_questions(
    profile_path=profile,
    parquet=table,
    split="test",
    config=ProgramQuestionsConfig(
        per_table={"test": 4},
        heldout_families=("largest_share",),
        heldout_compositions=0,
        heldout_share=1,
        heldout_wordings=0,
    ),
    sandbox=SandboxConfig(),
    seed=0,
    cache=Path("cache"),
    code="",
    questions=questions,
    rejects=Path("rejects.jsonl"),
)
"""


@pytest.mark.slow
def test_a_family_of_ones_own_is_one_file(tmp_path: Path) -> None:
    root = copy_package(tmp_path)
    assert follow(recipe("A question family"), root) == {"scripts/tabletutor/questions/families/leads.py"}
    run_python(ASK, root, str(ROOT / "resources" / "tables" / "midwest.csv"))
    asked = [json.loads(line) for line in (root / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    mine = [question for question in asked if question["family"] == "largest_share"]
    assert len(asked) == 4
    page = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    (look,) = re.findall(r"```python\n(from tabletutor import ask_questions\n.*?)```", page, re.DOTALL)
    run_python(look.replace("resources/tables", str(ROOT / "resources" / "tables")), root)
    assert len(mine) == 2, "half of the held-out share is for new compositions"
    for question in mine:
        assert question["novelty"] == "new_composition"
        engines = dict.fromkeys(("duckdb", "pandas", "polars"), question["answer"])
        assert question["engines"] == pytest.approx(engines, rel=1e-9)
        assert question["hint"]
        assert question["composition"].startswith("largest_share:|")
