"""Predictions: groups of questions, and their answers by a tiny model."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tabletutor.config.evaluation import EvaluationConfig
from tabletutor.config.models import ScratchModelConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.evaluation.predict import PredictionSpec, TableFiles, predict
from tabletutor.evaluation.question_groups import group_questions
from tabletutor.evaluation.worked_examples import WorkedExample
from tabletutor.models.prompt import Message
from tabletutor.models.scratch import make_scratch
from tabletutor.records.episode import Prediction
from tabletutor.records.journal import read_segment
from tabletutor.records.question import AnswerSpec, Question
from tabletutor.records.record import read_records, write_record, write_records
from tabletutor.records.table import ColumnProfile, Source, TableProfile

TEXTS = ["the table df has a column n\n```python\nsubmit(df['n'].sum())\n```"] * 3
SANDBOX = SandboxConfig(sessions=2, soft_seconds=2, hard_seconds=4)


def question(number: int, table: str = "numbers") -> Question:
    return Question(
        question_id=f"{number:04d}", table=table, source="program", text=f"What is {number}?", answer_type="integer",
        answer_spec=AnswerSpec(), answer=6, family="f", category="c", wording="w", novelty="trained", difficulty="easy",
    )  # fmt: skip


def write_table(folder: Path, name: str = "numbers") -> tuple[TableProfile, Path]:
    pq.write_table(pa.table({"n": [1, 2, 3]}), folder / f"{name}.parquet")
    column = ColumnProfile(name="n", kind="integer", missing=0, unique=3)
    profile = TableProfile(
        table=name, sha256="0" * 64, source=Source("n.csv", 9, "utf-8", {}), rows=3, columns=(column,)
    )
    return profile, folder / f"{name}.parquet"


def test_groups_follow_from_the_questions_alone() -> None:
    questions = [question(number, table) for number in range(5) for table in ("b", "a")]
    assert group_questions(questions, 4) == group_questions(reversed(questions), 4)
    assert [len(group) for group in group_questions(questions, 4)] == [4, 1, 4, 1]
    assert group_questions([*questions, question(0, "aa")], 4) == [
        *group_questions(questions, 4)[:2],
        [question(0, "aa")],
        *group_questions(questions, 4)[2:],
    ]


def test_predictions_of_a_cut_off_job_are_the_same(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    make_scratch(ScratchModelConfig(source="scratch", vocabulary=400, hidden=32), TEXTS, 0, model)
    profile, parquet = write_table(tmp_path, "numbers")
    write_record(tmp_path / "numbers.json", profile)
    write_records(tmp_path / "numbers.jsonl", [question(n, "numbers") for n in range(5)])
    files = {"numbers": TableFiles(tmp_path / "numbers.jsonl", tmp_path / "numbers.json", parquet)}

    def run(journals: str, threads: int) -> bytes:
        spec = PredictionSpec("base", model, None, 0, False)
        config = EvaluationConfig(batch_size=2, max_new_tokens=12, max_turns=2, limit_per_table=4, threads=threads)
        output = tmp_path / journals / "test.jsonl"
        count = predict(
            spec, files, config=config, sandbox=SANDBOX, cache=tmp_path / journals, code="code", output=output
        )
        assert count == 4
        return output.read_bytes()

    whole = run("one", 1)
    (segment,) = (tmp_path / "one").rglob("*.journal")
    header, *lines = segment.read_bytes().splitlines(keepends=True)
    assert len(lines) == 4
    copy = tmp_path / "two" / segment.relative_to(tmp_path / "one")
    copy.parent.mkdir(parents=True)
    copy.write_bytes(b"".join([header, *lines[:3]]) + lines[3][:-20])  # one torn line
    assert run("two", 2) == whole
    units = [len(read_segment(path).units) for path in (tmp_path / "two").rglob("*.journal")]
    assert sorted(units) == [1, 3], "only the missing unit of the torn line is new"
    predictions = read_records(tmp_path / "one" / "test.jsonl", Prediction)
    assert [p.question_id for p in predictions] == ["0000", "0001", "0002", "0003"]
    assert {p.table for p in predictions} == {"numbers"}
    assert json.loads((tmp_path / "one" / "test.timing.json").read_text())["questions"] == 4


def test_worked_examples_are_part_of_the_prompt_and_of_the_identity(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    make_scratch(ScratchModelConfig(source="scratch", vocabulary=400, hidden=32), TEXTS, 0, model)
    profile, parquet = write_table(tmp_path)
    write_record(tmp_path / "numbers.json", profile)
    write_records(tmp_path / "numbers.jsonl", [question(0)])
    files = {"numbers": TableFiles(tmp_path / "numbers.jsonl", tmp_path / "numbers.json", parquet)}
    turns: tuple[Message, ...] = ({"role": "user", "content": "How many?"}, {"role": "assistant", "content": TEXTS[0]})
    write_records(tmp_path / "examples.jsonl", [WorkedExample("q", "other", "t", "f", turns)])

    def run(examples: tuple[Path, ...], context: int = 600) -> None:
        spec = PredictionSpec("base", model, None, 0, False, examples=examples)
        config = EvaluationConfig(batch_size=2, max_new_tokens=12, max_turns=1, max_context=context)
        output = tmp_path / "test.jsonl"
        predict(spec, files, config=config, sandbox=SANDBOX, cache=tmp_path / "j", code="code", output=output)

    run(())
    run((tmp_path / "examples.jsonl",))
    assert len(list((tmp_path / "j" / "predictions").iterdir())) == 2, "two works, each with a journal"
    with pytest.raises(ValueError, match=r"^runs\.base\.shots: the worked examples have \d+ tokens"):
        run((tmp_path / "examples.jsonl",), context=260)


def test_no_test_table_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no table is in the split"):
        predict(
            PredictionSpec("base", tmp_path, None, 0, False),
            {},
            config=EvaluationConfig(),
            sandbox=SANDBOX,
            cache=tmp_path,
            code="",
            output=tmp_path / "out.jsonl",
        )
