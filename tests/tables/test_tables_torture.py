"""CSV torture cases of other projects: csv-spectrum, csv-test-data, DuckDB. `pytest -s` prints how many pass."""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tabletutor.tables.errors import TableError
from tabletutor.tables.read import TextTable, read_text

SHARED = Path(os.environ.get("TABLETUTOR_SHARED", Path(__file__).parents[3] / "shared"))
CASES = SHARED / "csv-torture" / "cases.jsonl"
# Cases that must pass; fewer is a regression. docs/tables.md says why the others fail.
FLOOR = {
    "csv-spectrum equal": 11,
    "csv-test-data equal": 17,
    "csv-test-data reject_or_flag": 7,
    "duckdb loads": 82,
    "duckdb rows": 176,
    "duckdb reject": 48,
}


def outcome(case: dict[str, Any], folder: Path) -> bool:
    try:
        table = read_text(CASES.parent / case["file"], case["file"], folder, 10**9)
    except TableError:
        return case["expect"].startswith("reject")
    if case["expect"].startswith("reject"):
        # `ingest` refuses a table without rows. A reported repair also counts.
        return table.rows == 0 or bool(table.warnings or table.odd_cells)
    return equal(table, case["rows"]) if case["expect"] == "equal" else table.rows > 0


def equal(table: TextTable, expected: Any) -> bool:
    rows = [list(row) for row in zip(*(table.column(i).to_list() for i in range(len(table.names))), strict=True)]
    if isinstance(expected, dict):
        expected = [expected]
    if expected and isinstance(expected[0], dict):
        expected = [list(expected[0]), *(list(row.values()) for row in expected)]
    # A checkout turned CRLF inside quotes into LF in the case files.
    wanted = [[cell.replace("\r\n", "\n") for cell in row] for row in expected]
    return ([list(table.names), *rows] if wanted else rows) == wanted


@pytest.mark.slow
@pytest.mark.skipif(not CASES.is_file(), reason="the torture cases are not here")
def test_torture_cases(tmp_path: Path) -> None:
    passed: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for number, line in enumerate(CASES.read_text().splitlines()):
        case = json.loads(line)
        folder = tmp_path / str(number)
        folder.mkdir()
        group = f"{case['suite']} {case['expect']}"
        total[group] += 1
        passed[group] += outcome(case, folder)
    print({group: f"{passed[group]} of {total[group]}" for group in total})
    assert {group: passed[group] for group in FLOOR if passed[group] < FLOOR[group]} == {}
