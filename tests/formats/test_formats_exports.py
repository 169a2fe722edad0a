"""Exports: a dataset folder with a correct card and checksums, and the layouts of other libraries."""

import hashlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from datasets import Features, List, Value, load_dataset
from datasets.exceptions import DatasetGenerationError

from tabletutor.formats.exports.card import escape_markdown
from tabletutor.formats.exports.columns import features
from tabletutor.records.episode import Hook
from tabletutor.rows.row import Row

Export = Callable[[str, Path], subprocess.CompletedProcess[str]]


@pytest.mark.slow
def test_a_dataset_folder_loads_and_its_checksums_hold(export: Export, tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    done = export("hf", folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    card = (folder / "README.md").read_text()
    head = yaml.safe_load(card.split("---\n")[1])
    names = [entry["config_name"] for entry in head["configs"]]
    assert names == ["dpo", "kto", "orm", "orm-pairs", "prm", "rl", "sft-interleaved", "sft-masked", "sft-standard"]
    for name in names:
        loaded = load_dataset(str(folder), name, split="train", cache_dir=str(tmp_path / "cache"))
        assert f"| {name} | train | {len(loaded)} |" in card
        declared = next(info["features"] for info in head["dataset_info"] if info["config_name"] == name)
        assert loaded.features == Features._from_yaml_list(declared)
        for path in (folder / "data" / name).iterdir():
            assert len({shape(json.loads(line)) for line in path.read_text().splitlines()}) == 1, "same keys"
    assert "msleep" not in card, "no row belongs to a test table"
    assert 'step_separator="\\x1e"' in card
    assert "A \\| table of \\<b\\>gapminder\\</b\\>" in card
    again = tmp_path / "again"
    export("hf", again)
    assert (again / "SHA256SUMS").read_bytes() == (folder / "SHA256SUMS").read_bytes()


def shape(value: Any) -> Any:
    """Return the nested keys of a row."""
    match value:
        case dict():
            return tuple((key, shape(part)) for key, part in sorted(value.items()))
        case list():
            return tuple({shape(part) for part in value})
        case _:
            return None


@pytest.mark.slow
def test_a_key_that_comes_late_in_a_large_file_is_loaded_by_the_card(export: Export, tmp_path: Path) -> None:
    """`datasets` infers undeclared columns from the first 10 MB."""
    folder = tmp_path / "hub"
    assert export("hf", folder).returncode == 0
    path = folder / "data/sft-masked/train.jsonl"
    row, *_ = map(json.loads, path.read_text().splitlines())
    bare = {**row, "messages": [{"role": each["role"], "content": each["content"]} for each in row["messages"]]}
    line = json.dumps(bare) + "\n"
    count = 21_000_000 // len(line) + 1
    with path.open("w") as stream:
        stream.writelines([line] * count)
        stream.write(json.dumps(row) + "\n")
    assert path.stat().st_size > 20_000_000
    loaded = load_dataset(str(folder), "sft-masked", split="train", cache_dir=str(tmp_path / "cache"))
    assert len(loaded) == count + 1
    assert loaded[count] == row
    assert [each["weight"] for each in loaded[0]["messages"]] == [None] * len(row["messages"])
    with pytest.raises(DatasetGenerationError):
        load_dataset("json", data_files=str(path), cache_dir=str(tmp_path / "guessed"))


class Odd(Row, frozen=True, kw_only=True):
    """A row with values of any type."""

    said: tuple[Hook, ...] | None


def test_a_column_that_no_feature_fits_is_named() -> None:
    with pytest.raises(ValueError, match=r"Odd\.said\.value: the data card has no feature for AnyType; use text"):
        features(Odd)
    parts = {each["name"]: each for each in features(Listed)}
    assert parts["counts"] == {"name": "counts", "list": {"list": "int64"}}
    assert parts["share"] == {"name": "share", "dtype": "float64"}
    assert Features._from_yaml_list(features(Listed))["counts"] == List(List(Value("int64")))


class Listed(Row, frozen=True, kw_only=True):
    """A row with lists of lists."""

    counts: list[list[int]]
    share: float | None


@pytest.mark.slow
def test_nothing_is_written_between_files_that_are_there(export: Export, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    done = export("hf", tmp_path)
    assert (done.returncode, "not empty" in done.stderr) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.slow
def test_llama_factory_finds_every_file_and_column_it_is_told_of(export: Export, tmp_path: Path) -> None:
    done = export("llama-factory", tmp_path / "data")
    assert done.returncode == 0, done.stderr
    entries = json.loads((tmp_path / "data/dataset_info.json").read_text())
    formats = {name.removeprefix("tabletutor_").rsplit("_", 1)[0] for name in entries}
    assert formats == {"sft_standard", "sft_interleaved", "sft_masked", "dpo", "kto"}
    for name in ("prm", "rl", "orm", "orm_pairs"):
        assert f"tabletutor_{name}_train: 0 rows" in done.stdout
    for entry in entries.values():
        rows = [json.loads(line) for line in (tmp_path / "data" / entry["file_name"]).read_text().splitlines()]
        assert rows
        assert all(set(entry["columns"].values()) <= set(row) for row in rows)
        tags = entry["tags"]
        for message in (message for row in rows for message in row["messages"]):
            assert message[tags["role_tag"]] in {tags["user_tag"], tags["assistant_tag"], tags["system_tag"]}
        if entry.get("ranking"):
            assert {row["chosen"][tags["role_tag"]] for row in rows} == {tags["assistant_tag"]}


@pytest.mark.slow
def test_trajectories_alternate_code_and_what_it_printed(export: Export, tmp_path: Path) -> None:
    done = export("adp", tmp_path / "adp")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in (tmp_path / "adp/train.jsonl").read_text().splitlines()]
    assert lines
    for trajectory in lines:
        kinds = [part["class_"] for part in trajectory["content"]]
        assert kinds == ["text_observation", "code_action"] * (len(kinds) // 2)
        assert trajectory["content"][0]["source"] == "user"
        assert "submit(" in trajectory["content"][-1]["content"]
        assert trajectory["details"]["table"] in ("gapminder", "mpg")
        links = [part.get("tool_call_id") for part in trajectory["content"]]
        assert links[0] is links[-1] is None, "the question is not a result, and the last action has none"
        assert links[1:-1:2] == links[2:-1:2], "an observation has the id of its action"
        assert len(set(links)) == len(kinds) // 2
        fields = {frozenset(part) - {"tool_call_id"} for part in trajectory["content"]}
        assert fields == {
            frozenset({"class_", "content", "source"}), frozenset({"class_", "content", "language", "description"})
        }  # fmt: skip


def test_text_of_a_table_is_no_markup() -> None:
    assert escape_markdown("a | <b>*x*</b>\n# y") == "a \\| \\<b\\>\\*x\\*\\</b\\> \\# y"
