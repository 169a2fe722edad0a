"""Lenient readings: the value that an attempt showed at last counts as its answer."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.evaluation.lenient import read_leniently, submit_last_value
from tabletutor.records.episode import Ended, Prediction, Trace, Turn
from tabletutor.records.record import read_records, write_records

SANDBOX = SandboxConfig(sessions=2, soft_seconds=2, hard_seconds=4)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x = 1\nx + 1", "x = 1\nsubmit(x + 1)"),
        ("print(df['n'].sum())", "submit(df['n'].sum())"),
        ("hook('total', total)", "submit(total)"),
        ("df['n'].sum();", "submit(df['n'].sum())"),
        ("show(x)", "submit(show(x))"),
        ("df.head(*rows)", "submit(df.head(*rows))"),
        ("print('The sum is', x)", None),  # two values
        ("print(*values)", None),
        ("print()", None),
        ("hook('total')", None),
        ("x = 1", None),
        ("for x in y:\n    x", None),
        ("# nothing", None),
        ("x = ", None),
    ],
)
def test_the_value_of_the_last_expression_is_submitted(code: str, expected: str | None) -> None:
    assert submit_last_value(code) == expected


@given(st.text(max_size=40))
def test_any_text_is_read_without_an_error(code: str) -> None:
    submit_last_value(code)


def attempt(number: int, *codes: str, ended: Ended = "turn_limit", answer: Any = None, failed: int = -1) -> Prediction:
    """An attempt of these cells, of which the one numbered `failed` raised an error."""
    turns = [
        Turn(index, "", code, "", error="NameError: x" if index == failed else None) for index, code in enumerate(codes)
    ]
    trace = Trace(f"t{number}", "student", "base", tuple(turns), ended, answer)
    return Prediction(f"q{number}", "numbers", "base", 0, trace, 9)


def read(folder: Path, attempts: list[Prediction]) -> list[Prediction]:
    """Return the lenient readings of attempts at questions about one table."""
    write_records(folder / "base.jsonl", attempts)
    parquets = {"numbers": folder / "numbers.parquet"}
    count = read_leniently(
        "lenient", SANDBOX, attempts=folder / "base.jsonl", parquets=parquets, output=folder / "lenient.jsonl"
    )
    assert count == len(attempts)
    return read_records(folder / "lenient.jsonl", Prediction)


def test_attempts_are_read_again_in_their_order_and_by_what_their_cells_show(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": [1, 2, 3]}), tmp_path / "numbers.parquet")
    attempts = [
        attempt(0, "submit(5)", ended="submit", answer=5),  # what was submitted counts, right or wrong
        attempt(1, "x = df['n'].sum()", "print(x)"),
        attempt(2, "x = df['n'].max()", "", "x", "y", failed=3),  # the last cell that ran
        attempt(3, "x = 1"),
        attempt(4, ""),
        attempt(5),
        attempt(6, "df"),
        attempt(7, "pd"),  # no answer
        attempt(8, "df['n'].mean()", "import os\nos._exit(3)", ended="crash", failed=1),
    ]
    done = read(tmp_path, attempts)
    assert [(each.trace.ended, each.trace.answer) for each in done] == [
        ("submit", 5),
        ("submit", 6),
        ("submit", 3),
        ("turn_limit", None),
        ("turn_limit", None),
        ("turn_limit", None),
        ("submit", [{"n": 1}, {"n": 2}, {"n": 3}]),
        ("turn_limit", None),
        ("submit", 2.0),
    ]
    assert {each.run for each in done} == {"lenient"}
    assert [each.trace.turns for each in done] == [each.trace.turns for each in attempts]


def test_an_interrupted_cell_is_not_run_again(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": [1]}), tmp_path / "numbers.parquet")
    turns = (Turn(0, "", "x = 1", "", error="TimeLimit: it ran long", interrupted=True), Turn(1, "", "2", "2\n"))
    trace = Trace("t", "student", "base", turns, "turn_limit")
    assert read(tmp_path, [Prediction("q", "numbers", "base", 0, trace, 9)])[0].trace == trace


def test_a_cell_that_takes_too_long_now_is_an_error(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": [1]}), tmp_path / "numbers.parquet")
    with pytest.raises(ValueError, match=r"^question q0, run base: a cell that ran in time before now takes too long"):
        read(tmp_path, [attempt(0, "while True: pass", "1")])


def test_an_attempt_at_a_table_of_another_split_is_an_error(tmp_path: Path) -> None:
    write_records(tmp_path / "base.jsonl", [attempt(0, "1")])
    with pytest.raises(ValueError, match=r"base\.jsonl: table numbers is not in this split"):
        read_leniently("l", SANDBOX, attempts=tmp_path / "base.jsonl", parquets={}, output=tmp_path / "l.jsonl")
