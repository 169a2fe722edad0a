"""What others get from a project: a dataset folder whose card and checksums hold, and layouts of other libraries."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from datasets import load_dataset

from tabletutor.config.formats import KNOBS, FormatConfig
from tabletutor.formats.audit import audit_format
from tabletutor.formats.build import SPLITS, SplitFiles, build_format
from tabletutor.formats.exports.card import plain

MADE = ("sft-standard", "dpo", "kto", "orm-pairs", "prm")


@pytest.fixture(scope="module")
def project(built: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout's folder with a configuration, a table list and formats."""
    root = tmp_path_factory.mktemp("project")
    results = root / "results"
    shutil.copytree(built.results, results)
    tables = "table\tpath\tsplit\tlicence\ttitle\n"
    for name in built.tables:
        tables += f"{name}\t{name}.csv\t\tCC0-1.0\tA | table of <b>{name}</b>\n"
        (root / f"{name}.csv").write_text("a\n1\n")
    (root / "tables.tsv").write_text(tables)
    config = {
        "project": "demo", "results": results.name, "table_list": "tables.tsv",
        "models": {"m": {"source": "scratch"}},
        "runs": {"base": {"model": "m"}, "tuned": {"model": "m", "training": {}}},
    }  # fmt: skip
    (root / "config.yaml").write_text(yaml.safe_dump(config))
    for name in MADE:
        folder = results / "formats" / name
        files: dict[Any, SplitFiles] = {
            split: SplitFiles(folder / f"{split}.jsonl", folder / "notes" / f"{split}.jsonl") for split in SPLITS
        }
        knobs = KNOBS.get(name, FormatConfig)()
        build_format(name, built.tables, built.splits, knobs, 0, files, folder / "stats.json")
        questions = {table: paths[1] for table, paths in built.tables.items()}
        rows = {split: paths.rows for split, paths in files.items()}
        audit_format(name, rows, questions, built.splits, folder / "audit.json")
    return root


def export(project: Path, kind: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        str(Path(sys.executable).with_name("tabletutor")),
        "export",
        kind,
        str(folder),
        "--config",
        "config.yaml",
    ]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


def test_a_dataset_folder_loads_and_its_checksums_hold(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    done = export(project, "hf", folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    card = (folder / "README.md").read_text()
    head = yaml.safe_load(card.split("---\n")[1])
    assert [entry["config_name"] for entry in head["configs"]] == sorted(MADE)
    for name in MADE:
        loaded = load_dataset(str(folder), name, split="train", cache_dir=str(tmp_path / "cache"))
        assert f"| {name} | train | {len(loaded)} |" in card
    assert "msleep" not in card, "no row is of a test table"
    assert "A \\| table of \\<b\\>gapminder\\</b\\>" in card
    again = tmp_path / "again"
    export(project, "hf", again)
    assert (again / "SHA256SUMS").read_bytes() == (folder / "SHA256SUMS").read_bytes()


def test_nothing_is_written_between_files_that_are_there(project: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    done = export(project, "hf", tmp_path)
    assert (done.returncode, "not empty" in done.stderr) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_llama_factory_finds_every_file_and_column_it_is_told_of(project: Path, tmp_path: Path) -> None:
    done = export(project, "llama-factory", tmp_path / "data")
    assert done.returncode == 0, done.stderr
    entries = json.loads((tmp_path / "data/dataset_info.json").read_text())
    formats = {name.removeprefix("tabletutor_").rsplit("_", 1)[0] for name in entries}
    assert formats == {"sft_standard", "dpo", "kto"}
    assert "tabletutor_prm_train: 0 rows" in done.stdout
    assert "tabletutor_orm_pairs_train: 0 rows" in done.stdout
    for entry in entries.values():
        rows = [json.loads(line) for line in (tmp_path / "data" / entry["file_name"]).read_text().splitlines()]
        assert rows
        assert all(set(entry["columns"].values()) <= set(row) for row in rows)
        tags = entry["tags"]
        for message in (message for row in rows for message in row["messages"]):
            assert message[tags["role_tag"]] in {tags["user_tag"], tags["assistant_tag"], tags["system_tag"]}
        if entry.get("ranking"):
            assert {row["chosen"][tags["role_tag"]] for row in rows} == {tags["assistant_tag"]}


def test_trajectories_alternate_code_and_what_it_printed(project: Path, tmp_path: Path) -> None:
    done = export(project, "adp", tmp_path / "adp")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in (tmp_path / "adp/train.jsonl").read_text().splitlines()]
    assert lines
    for trajectory in lines:
        kinds = [part["class_"] for part in trajectory["content"]]
        assert kinds == ["text_observation", "code_action"] * (len(kinds) // 2)
        assert trajectory["content"][0]["source"] == "user"
        assert "submit(" in trajectory["content"][-1]["content"]
        assert trajectory["details"]["table"] in ("gapminder", "mpg")


def test_text_of_a_table_is_no_markup() -> None:
    assert plain("a | <b>*x*</b>\n# y") == "a \\| \\<b\\>\\*x\\*\\</b\\> \\# y"
