"""Rows of a user's own: what a file may hold, how many rows are drawn, and that the checks and exports take them."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tabletutor.config.formats import FORMAT_CONFIGS, MaskedConfig, OwnRows
from tabletutor.config.load import check
from tabletutor.config.models import ScratchModelConfig
from tabletutor.config.table_list import ListedTable
from tabletutor.formats.audit import audit_format
from tabletutor.formats.build import SPLITS, EpisodeFiles, SplitFiles, build_format
from tabletutor.formats.converter import Case
from tabletutor.formats.exports.adp import export_adp
from tabletutor.formats.exports.card import card
from tabletutor.formats.exports.project import Exported, Project
from tabletutor.formats.mask import check_mask
from tabletutor.formats.own_rows import OwnFile, draw_own_rows, read_own_rows, wanted_rows
from tabletutor.formats.select import Candidate
from tabletutor.models.build import make_scratch
from tabletutor.records.record import read_record, read_records, write_record, write_records
from tabletutor.records.table import Split, Splits, TableSplit
from tabletutor.rows.row import ConversationRow, FormatStats, Note
from tests.support.cases import PROFILE, every_kind

SIZES = ScratchModelConfig(source="scratch", vocabulary=512, hidden=16, layers=1, heads=2, positions=4096)


def chat(*contents: str) -> dict[str, Any]:
    return {"messages": [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(contents)]}


def write(path: Path, *rows: Any) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def write_case(case: Case, files: EpisodeFiles) -> None:
    write_record(files.profile, PROFILE)
    write_records(files.questions, [case.question])
    write_records(files.episodes, [case.episode])
    write_records(files.verdicts, [case.verdict])


def messages(row: Candidate) -> Any:
    return msgspec.json.decode(row.line, type=ConversationRow).messages


def test_the_layouts_of_a_row(tmp_path: Path) -> None:
    turns = {"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}
    path = write(
        tmp_path / "mine.jsonl",
        {"messages": [{"role": "system", "content": "S"}, *turns], "id": 7},
        {"prompt": "Hello", "completion": "Hi"},
        {"prompt": [*turns, turns[0]], "completion": [turns[1]]},
        {"messages": [*turns, turns[0], {**turns[1], "weight": 0}]},
    )
    rows = read_own_rows(path)
    assert [[message["weight"] for message in messages(row)] for row in rows] == [
        [0, 0, 1],
        [0, 1],
        [0, 0, 0, 1],
        [0, 1, 0, 0],
    ]
    assert [message["content"] for message in messages(rows[1])] == ["Hello", "Hi"]
    (row,) = read_own_rows(write(tmp_path / "again.jsonl", {"prompt": "Hello", "completion": "Hi"}))
    assert row.note == Note(row.trace_id, "own:again", row.trace_id, "own", None, ())
    assert row.trace_id == rows[1].trace_id


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"text": "x"}, "a row has either messages, or prompt and completion"),
        ({"prompt": "x"}, "a row has either messages, or prompt and completion"),
        ({"messages": [], "prompt": "x", "completion": "y"}, "a row has either messages, or prompt and completion"),
        (chat(), "the roles do not alternate"),
        (chat("x"), "no message is trained"),
        (chat("x", "y", "z"), "the last message is not the assistant's"),
        (chat("x", " "), "message 1 is empty"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "the roles do not alternate: assistant"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "not a OwnRow: Invalid enum value 'tool'"),
        ({"messages": [{"role": "user", "content": 1}]}, "not a OwnRow: Expected `str`, got `int`"),
        ({"messages": [{"role": "user", "content": "x", "name": "y"}]}, "unknown field `name`"),
        ({"messages": [{"role": "user", "content": "x", "weight": 1}]}, "a message of the user has weight 1"),
        (
            {"prompt": [{"role": "assistant", "content": "x", "weight": 1}], "completion": "y"},
            "a message of the prompt",
        ),
        ({"prompt": "x", "completion": [{"role": "assistant", "content": "y", "weight": 0}]}, "no message is trained"),
    ],
)
def test_a_malformed_row_is_an_error_with_file_and_line(row: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=rf"mine\.jsonl:2: .*{message}"):
        read_own_rows(write(tmp_path / "mine.jsonl", chat("a", "b"), row))


def test_a_file_without_rows_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"mine\.jsonl: no row; write some"):
        read_own_rows(write(tmp_path / "mine.jsonl"))


ROW = Candidate(b"", "", "", None, 1, None, Note("", "", "", "", None, ()))
own_files = st.lists(
    st.builds(
        lambda share, rows: OwnFile(OwnRows(path="x", share=share), [ROW] * rows),
        st.none() | st.floats(0.01, 0.3),
        st.integers(1, 60),
    ),
    max_size=3,
)


@given(own_files, st.integers(1, 200))
def test_each_file_has_its_share_or_gives_all(files: list[OwnFile], others: int) -> None:
    wanted = wanted_rows(files, others)
    used = [min(number, len(file.rows)) for number, file in zip(wanted, files, strict=True)]
    total = others + sum(used)
    for file, number in zip(files, used, strict=True):
        if file.setting.share is None:
            assert number == len(file.rows)
        elif number < len(file.rows):
            assert number == pytest.approx(file.setting.share * total, abs=2)  # of rounding, here and elsewhere
        else:
            assert number <= file.setting.share * total + 2


def test_rows_are_drawn_by_content_and_repeats_are_left_out(tmp_path: Path) -> None:
    lines = [chat(f"question {number}", "answer") for number in range(40)]
    one, two = (OwnRows(path=str(write(tmp_path / name, *rows)), share=share) for name, rows, share in (
        ("one.jsonl", [*lines, lines[0]], 0.5), ("two.jsonl", [*reversed(lines)], 0.5)))  # fmt: skip
    others = [msgspec.structs.replace(ROW, content=str(number)) for number in range(10)]
    drawn, (stats,) = draw_own_rows([one], others, 0)
    assert (len(drawn), stats.rows, stats.wanted, stats.used) == (10, 40, 10, 10)
    assert [row.trace_id for row in drawn] == [row.trace_id for row in draw_own_rows([two], others, 0)[0]]
    assert {row.trace_id for row in drawn} != {row.trace_id for row in draw_own_rows([one], others, 1)[0]}
    more, _ = draw_own_rows([one], [*others, others[0]], 0)
    assert {row.trace_id for row in drawn} <= {row.trace_id for row in more}
    with pytest.raises(ValueError, match=r"one\.jsonl: a share of the rows needs other rows"):
        draw_own_rows([one], [], 0)


def test_exports_name_the_files_and_leave_out_what_has_no_trace(tmp_path: Path) -> None:
    case, results = every_kind(), tmp_path / "results"
    mine = write(tmp_path / "my_chats.jsonl", chat("x", "y"))
    one = EpisodeFiles(*(results / kind / "program" / "t.jsonl" for kind in EpisodeFiles._fields))
    write_case(case, one)
    folder = results / "formats" / "sft-standard"
    outputs: dict[Split, SplitFiles] = {
        split: SplitFiles(folder / f"{split}.jsonl", folder / "notes" / f"{split}.jsonl") for split in SPLITS
    }
    formats = {"own_rows": [{"path": str(mine)}]}
    build_format(
        "sft-standard",
        {"t": one},
        {"t": "train"},
        FORMAT_CONFIGS["sft-standard"].model_validate(formats),
        0,
        outputs,
        folder / "stats.json",
    )
    audit = audit_format(
        "sft-standard",
        rows={split: files.rows for split, files in outputs.items()},
        questions={"t": one.questions},
        splits={"t": "train"},
        output=folder / "audit.json",
    )
    config = check(
        {
            "project": "p",
            "results": str(results),
            "models": {"m": {"source": "scratch"}},
            "runs": {"base": {"model": "m"}, "tuned": {"model": "m", "training": {}}},
            "formats": {"sft-standard": formats},
        },
        "config.yaml",
    )
    exported = Exported("sft-standard", folder, read_record(folder / "stats.json", FormatStats), audit)
    tables = (ListedTable(table="t", path="t.csv", licence="CC0-1.0", title="Wind"),)
    project = Project(config, [exported], tables, Splits((TableSplit("t", "t", "train", True),)))
    text = card(project)
    assert "files of the author's, not from these tables" in text
    assert "The files: my\\_chats.jsonl." in text
    assert str(tmp_path) not in text
    assert export_adp(project, tmp_path / "adp") == ["train.jsonl"]
    rows = read_records(outputs["train"].rows, ConversationRow)
    lines = (tmp_path / "adp" / "train.jsonl").read_text().splitlines()
    assert len(lines) == len(rows) - 1 > 0


def test_settings_that_leave_no_room_or_name_two_files_alike() -> None:
    half = {"path": "a/mine.jsonl", "share": 0.5}
    with pytest.raises(ValidationError, match="the shares add up to 1; they must leave room"):
        MaskedConfig.model_validate({"own_rows": [half, {"path": "b.jsonl", "share": 0.5}]})
    with pytest.raises(ValidationError, match="two files are named mine"):
        MaskedConfig.model_validate({"own_rows": [half, {"path": "b/mine.jsonl"}]})


@pytest.mark.parametrize("name", ["sft-standard", "sft-interleaved", "sft-masked"])
def test_the_checks_take_own_rows(name: str, tmp_path: Path) -> None:
    """Rows of a table's episodes and of a file with fewer rows than its share pass the audit and the mask check."""
    case = every_kind()
    one = EpisodeFiles(*(tmp_path / f"{kind}.json" for kind in ("profile", "questions", "episodes", "verdicts")))
    write_case(case, one)
    mine = write(tmp_path / "mine.jsonl", chat("x", "y"), {"prompt": "Hello", "completion": "Hi"})
    config = FORMAT_CONFIGS[name].model_validate({"own_rows": [{"path": str(mine), "share": 0.9}]})
    outputs: dict[Split, SplitFiles] = {
        "train": SplitFiles(tmp_path / "train.jsonl", tmp_path / "train.notes.jsonl"),
        "validation": SplitFiles(tmp_path / "validation.jsonl", tmp_path / "validation.notes.jsonl"),
    }
    stats = build_format(name, {"t": one}, {"t": "train"}, config, 0, outputs, tmp_path / "stats.json")
    assert read_record(tmp_path / "stats.json", FormatStats) == stats
    train, validation = stats.splits
    assert (train.by_table["own:mine"], train.own_rows[0].used, validation.own_rows) == (2, 2, ())
    assert train.own_rows[0].wanted > 2
    rows = read_records(outputs["train"].rows, ConversationRow)
    notes = read_records(outputs["train"].notes, Note)
    assert [row.table for row in rows] == [note.table for note in notes]
    paths = {split: files.rows for split, files in outputs.items()}
    audit_format(
        name, rows=paths, questions={"t": one.questions}, splits={"t": "train"}, output=tmp_path / "audit.json"
    )
    model = tmp_path / "model"
    make_scratch(SIZES, [outputs["train"].rows.read_text()], 0, model)
    mask = check_mask("run", name, model=model, rows=paths, max_length=4096, output=tmp_path / "mask.json")
    assert mask.splits[0].rows == train.rows
    paths["validation"].write_bytes(paths["train"].read_bytes())
    with pytest.raises(ValueError, match="the row belongs to table 'own:mine', which is not a table to train on"):
        audit_format(
            name,
            rows={"validation": paths["validation"]},
            questions={"t": one.questions},
            splits={"t": "validation"},
            output=tmp_path / "audit.json",
        )
