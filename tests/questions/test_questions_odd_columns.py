"""Questions about tables with dates before 1000 or in unusual forms, empty columns and flags."""

from collections import Counter
from pathlib import Path

import pytest

from tabletutor.config.questions import ProgramQuestionsConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.tables import TablesConfig
from tabletutor.programs import duckdb_engine, polars_engine
from tabletutor.programs.grammar import Aggregate, Count, Distinct, MissingShare, Program, Step
from tabletutor.programs.typecheck import IllTypedError
from tabletutor.questions.build import build_questions
from tabletutor.records.question import Reject
from tabletutor.records.record import read_records
from tabletutor.tables.ingest import ingest

TOWNS = ("Oslo", "Bergen", "Tromso", "Bodo")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = {
    "before 1000": [f"{700 + 8 * row:04d}-{row % 12 + 1:02d}-{row % 28 + 1:02d}" for row in range(45)],
    "two digits": [f"{row % 28 + 1:02d}-{MONTHS[row % 12].upper()}-{19 + row // 24}" for row in range(45)],
    "months": [f"{MONTHS[row % 12]} {1999 + row // 12}" for row in range(45)],
    "year zero": ["0000-01-01", *(f"2019-{row % 12 + 1:02d}-{row % 28 + 1:02d}" for row in range(44))],
}


@pytest.mark.slow
@pytest.mark.parametrize("days", DAYS.values(), ids=DAYS)
def test_such_a_table_has_questions_about_its_dates(tmp_path: Path, days: list[str]) -> None:
    rows = "".join(f"{day},{TOWNS[row % 4]},{row * 37 % 101},,{row % 3 % 2}\n" for row, day in enumerate(days))
    (tmp_path / "t.csv").write_text(f"day,town,amount,blank,flag\n{rows}")
    table, profile = tmp_path / "table.parquet", tmp_path / "profile.json"
    ingested = ingest(
        tmp_path / "t.csv", table="t", source_path="t.csv", config=TablesConfig(), parquet=table, profile=profile
    )
    kinds = {column.name: column.kind for column in ingested.columns}
    assert kinds == {"day": "date", "town": "category", "amount": "integer", "blank": "empty", "flag": "boolean"}
    questions = build_questions(
        profile_path=profile,
        parquet=table,
        split="train",
        config=ProgramQuestionsConfig(per_table={"train": 60}, per_family=1),
        sandbox=SandboxConfig(),
        seed=0,
        cache=tmp_path / "cache",
        code="code",
        questions=tmp_path / "questions.jsonl",
        rejects=tmp_path / "rejects.jsonl",
    )
    assert "date_extreme" in {question.family for question in questions}
    assert [question for question in questions if "date_" in question.composition.partition("|")[2]]
    assert not any("blank" in question.text for question in questions)
    rejects = Counter(reject.reason for reject in read_records(tmp_path / "rejects.jsonl", Reject))
    assert not rejects["engines_disagree"]
    assert not rejects["engine_error"]


@pytest.mark.parametrize("step", [Aggregate("blank", "count"), MissingShare("blank"), Distinct("blank")])
def test_no_program_takes_an_empty_column(tmp_path: Path, step: Step) -> None:
    (tmp_path / "t.csv").write_text("a,blank\n" + "".join(f"x{row},\n" for row in range(12)))
    table = tmp_path / "table.parquet"
    ingest(
        tmp_path / "t.csv",
        table="t",
        source_path="t.csv",
        config=TablesConfig(),
        parquet=table,
        profile=tmp_path / "profile.json",
    )
    for run in (
        lambda program: polars_engine.run(program, polars_engine.load(table)),
        lambda program: duckdb_engine.run(program, duckdb_engine.connect(table)),
    ):
        with pytest.raises(IllTypedError, match="column 'blank' is empty"):
            run(Program((step,)))
        assert run(Program((Count(),))) == 12
