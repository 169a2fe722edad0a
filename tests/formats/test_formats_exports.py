"""What others get from a project: a dataset folder whose card and checksums hold, and layouts of other libraries."""

import hashlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import yaml
from datasets import load_dataset

from tabletutor.formats.exports.card import plain

Export = Callable[[str, Path], subprocess.CompletedProcess[str]]


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
    assert "msleep" not in card, "no row is of a test table"
    assert 'step_separator="\\x1e"' in card
    assert "A \\| table of \\<b\\>gapminder\\</b\\>" in card
    again = tmp_path / "again"
    export("hf", again)
    assert (again / "SHA256SUMS").read_bytes() == (folder / "SHA256SUMS").read_bytes()


def test_nothing_is_written_between_files_that_are_there(export: Export, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    done = export("hf", tmp_path)
    assert (done.returncode, "not empty" in done.stderr) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


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
        assert links[0] is links[-1] is None, "what the user asks is no result, and the last action has none"
        assert links[1:-1:2] == links[2:-1:2], "an observation names the action it is of"
        assert len(set(links)) == len(kinds) // 2
        fields = {frozenset(part) - {"tool_call_id"} for part in trajectory["content"]}
        assert fields == {
            frozenset({"class_", "content", "source"}), frozenset({"class_", "content", "language", "description"})
        }  # fmt: skip


def test_text_of_a_table_is_no_markup() -> None:
    assert plain("a | <b>*x*</b>\n# y") == "a \\| \\<b\\>\\*x\\*\\</b\\> \\# y"
