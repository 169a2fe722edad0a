"""The recipe for a step of the grammar in `docs/extending.md`, followed to the letter in a copy of the code."""

import json
import shutil
from pathlib import Path

import pytest

from tests.support.checkout import ROOT
from tests.support.recipes import copy_package, follow, recipe, run_python

STEPS = "tests/programs/test_programs_steps.py"
RUN = """
import json, sys
from pathlib import Path
import pandas as pd
import pytest
import polars as pl
from tabletutor.programs import duckdb_engine, polars_engine
from tabletutor.programs.describe import describe, outline
from tabletutor.programs.grammar import Aggregate, Between, Program, columns_used, from_json, to_json
from tabletutor.programs.pandas_source import source

table = Path("table.parquet")
pl.DataFrame({"size": [1, 2, 3, 4, None], "price": [10.0, 20.0, 40.0, None, 80.0]}).write_parquet(table)
program = from_json(to_json(Program((Between("size", 1.5, 3), Aggregate("price", "mean")))))
submitted = []
exec(source(program), {"df": pd.read_parquet(table), "submit": submitted.append})
print(json.dumps({
    "polars": polars_engine.run(program, polars_engine.load(table)),
    "duckdb": duckdb_engine.run(program, duckdb_engine.connect(table)),
    "pandas": submitted[0],
    "plan": describe(program),
    "hint": outline(program),
    "columns": columns_used(program),
}), flush=True)
sys.exit(pytest.main(["-q", "-x", sys.argv[1], "-k", "worked_out_by_hand"]))
"""


@pytest.mark.slow
def test_a_step_of_ones_own(tmp_path: Path) -> None:
    root = copy_package(tmp_path)
    for name in (
        "pyproject.toml",
        "tests/__init__.py",
        "tests/support/__init__.py",
        "tests/support/programs.py",
        STEPS,
    ):
        if (ROOT / name).exists():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
    changed = follow(recipe("A step of the grammar"), root)
    packages = ("grammar", "typecheck", "polars_engine", "duckdb_sql", "pandas_source", "describe")
    modules = {f"scripts/tabletutor/programs/{name}/rows.py" for name in packages}
    assert changed == {*modules, "scripts/tabletutor/programs/grammar/__init__.py", STEPS}
    assert json.loads(run_python(RUN, root, STEPS).splitlines()[0]) == {
        "polars": 30.0,
        "duckdb": 30.0,
        "pandas": 30.0,
        "plan": "Keep rows where 'size' is between 1.5 and 3, then take the mean of 'price'.",
        "hint": "in_this_order: do_between(column_given 'size', low_given 1.5, high_given 3); "
        "do_aggregate(column_given 'price', aggregation_given 'mean')",
        "columns": ["size", "price"],
    }
