"""Students in the sandbox: one that recites given turns, and a tiny real model."""

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tabletutor.config.models import ScratchModelConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.schema import EvaluationConfig
from tabletutor.evaluation.predict import Asked, predict
from tabletutor.evaluation.rollout import Student, Task, groups, roll_out
from tabletutor.models.generate import DecodedTurn
from tabletutor.models.prompt import opening
from tabletutor.models.scratch import make_scratch
from tabletutor.models.tokenizer import train_tokenizer
from tabletutor.records.episode import Prediction
from tabletutor.records.journal import read_segment
from tabletutor.records.question import AnswerSpec, Question
from tabletutor.records.record import read_records, write_record, write_records
from tabletutor.records.table import ColumnProfile, Source, Splits, TableProfile, TableSplit
from tabletutor.sandbox.shared import Sandboxes

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


class Reciter:
    """Recites the turns written for each conversation; remembers how many tokens each was fed."""

    def __init__(self, turns: Sequence[Sequence[str]], full: Sequence[int] = ()) -> None:
        self._turns = [list(texts) for texts in turns]
        self._full = set(full)
        self._started: list[int] = []
        self.fed: dict[int, list[list[int]]] = {}
        self.shared: list[list[int]] = []

    def begin(self, key: int, ids: Sequence[int], source: Random | None = None) -> None:
        self.fed[key] = [list(ids)]

    def share(self, keys: Sequence[int]) -> None:
        self.shared.append(list(keys))

    def feed(self, keys: Sequence[int]) -> None:
        self._started += keys

    def decode(self, wanted: int) -> list[DecodedTurn]:
        done, self._started = self._started, []
        return [DecodedTurn(key, self._turns[key].pop(0), 10) for key in done]

    def observe(self, key: int, ids: Sequence[int]) -> None:
        self.fed[key].append(list(ids))

    def room(self, key: int) -> int:
        return 0 if key in self._full else 100

    def end(self, key: int) -> None:
        assert key not in self._started


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return train_tokenizer(ScratchModelConfig(source="scratch", vocabulary=400), TEXTS)


def test_every_way_a_conversation_ends(tmp_path: Path, tokenizer: Any) -> None:
    profile, parquet = write_table(tmp_path)
    look, submit = "I look.\n```python\nx = df['n'].sum()\nprint(x)\n```", "```python\nsubmit(x)\n```"
    turns = [
        [look, submit],
        ["I do not know.", "Still not.", "Really not."],
        ["```python\nx\n```", look, submit],
        [look, look, look],
        ["```python\nimport os\nos._exit(3)\n```"],
        ["```python\nsum(range(10**13))\n```"],  # one call that no signal interrupts
        [look],
    ]
    reciter = Reciter(turns, full=[6])
    asked = [Task(f"{number:04d}", "numbers", opening(profile, f"What is {number}?")) for number in range(len(turns))]
    student = Student("run", tokenizer, 0)
    with Sandboxes(SANDBOX) as sandboxes:
        done = {p.question_id: p for p in roll_out(asked, {"numbers": parquet}, student, reciter, 3, sandboxes)}
    ends = [done[f"{number:04d}"].trace.ended for number in range(len(turns))]
    assert ends == ["submit", "turn_limit", "submit", "turn_limit", "crash", "time", "turn_limit"]
    first = done["0000"]
    assert first.trace.answer == 6
    assert first.tokens == 20
    assert first.trace.turns[0].reasoning == "I look."
    assert first.trace.turns[0].stdout == "6\n"
    assert [turn.code for turn in done["0001"].trace.turns] == ["", "", ""]
    assert "NameError" in (done["0002"].trace.turns[0].error or "")
    assert done["0006"].trace.turns == ()
    assert done["0003"].trace.answer is None
    told = tokenizer.decode(reciter.fed[0][1])
    assert told == "<|im_end|>\n<|im_start|>user\n6<|im_end|>\n<|im_start|>assistant\n"
    assert "No code found" in tokenizer.decode(reciter.fed[1][1])
    assert "What is 0?" in tokenizer.decode(reciter.fed[0][0])
    assert reciter.shared == [list(range(len(turns)))]


def test_groups_follow_from_the_questions_alone() -> None:
    asked = [question(number, table) for number in range(5) for table in ("b", "a")]
    assert groups(asked, 4) == groups(reversed(asked), 4)
    assert [len(group) for group in groups(asked, 4)] == [4, 4, 2]
    assert {q.table for q in groups(asked, 5)[0]} == {"a"}


def test_predictions_of_a_cut_off_job_are_the_same(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    make_scratch(ScratchModelConfig(source="scratch", vocabulary=400, hidden=32), TEXTS, 0, model)
    files: dict[str, tuple[Path, ...]] = {}
    for name in ("numbers", "others"):
        profile, parquet = write_table(tmp_path, name)
        write_record(tmp_path / f"{name}.json", profile)
        write_records(tmp_path / f"{name}.jsonl", [question(n, name) for n in range(5)])
        files[name] = (tmp_path / f"{name}.jsonl", tmp_path / f"{name}.json", parquet)
    tables = (TableSplit("numbers", "numbers", "test", True), TableSplit("others", "others", "train", True))
    write_record(tmp_path / "splits.json", Splits(tables))

    def run(journals: str, threads: int) -> bytes:
        asked = Asked("base", model, None, 0, False)
        config = EvaluationConfig(batch_size=2, max_new_tokens=12, turn_limit=2, limit_per_table=4, threads=threads)
        output = tmp_path / journals / "test.jsonl"
        count = predict(asked, files, tmp_path / "splits.json", config, SANDBOX, tmp_path / journals, "code", output)
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
    assert sorted(units) == [1, 3], "of the group of the torn line the unit that was missing is new"
    predictions = read_records(tmp_path / "one" / "test.jsonl", Prediction)
    assert [p.question_id for p in predictions] == ["0000", "0001", "0002", "0003"]
    assert {p.table for p in predictions} == {"numbers"}
    assert json.loads((tmp_path / "one" / "test.timing.json").read_text())["questions"] == 4


def test_no_test_table_is_an_error(tmp_path: Path) -> None:
    write_record(tmp_path / "splits.json", Splits(()))
    with pytest.raises(ValueError, match="no table is in the test split"):
        predict(
            Asked("base", tmp_path, None, 0, False), {}, tmp_path / "splits.json", EvaluationConfig(), SANDBOX,
            tmp_path, "", tmp_path / "out.jsonl",
        )  # fmt: skip
