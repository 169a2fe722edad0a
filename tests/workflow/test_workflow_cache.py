"""`tabletutor cache`: list, size, verify and clear, run as a user runs them."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tabletutor.records.files import write_checked
from tabletutor.records.journal import Journal, Work

COMMAND = Path(sys.executable).with_name("tabletutor")
CARS = Work("episodes", "cars", "a" * 64)
BOATS = Work("episodes", "big-boats", "b" * 64)
TUNED = Work("training", "tuned", "c" * 64)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    for work, units in ((CARS, 2), (BOATS, 1)):
        with Journal(folder, work) as journal:
            for unit in range(units):
                journal.put(str(unit), b"x" * 10)
    TUNED.folder(folder).mkdir(parents=True)
    write_checked(TUNED.folder(folder) / "resume.state", b"state")
    (folder / "episodes" / "README").write_text("not ours")
    month_ago = time.time() - 30 * 24 * 60 * 60
    for path in BOATS.folder(folder).iterdir():
        os.utime(path, (month_ago, month_ago))
    return folder


def run(cache: Path, verb: str, *arguments: str, answer: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TABLETUTOR_CACHE": str(cache), "COLUMNS": "120"}
    return subprocess.run(
        [COMMAND, "cache", verb, *arguments], env=environment, cwd=cache.parent, input=answer, capture_output=True,
        text=True, check=False,
    )  # fmt: skip


def list_rows(cache: Path, *arguments: str) -> list[list[str]]:
    return [line.split()[:4] for line in run(cache, "list", *arguments).stdout.splitlines()[1:]]


@pytest.mark.slow
def test_works_are_listed_by_stage_table_and_age(cache: Path) -> None:
    every = [
        ["episodes", "big-boats", "b" * 16, "1"],
        ["episodes", "cars", "a" * 16, "2"],
        ["training", "tuned", "c" * 16, "1"],
    ]
    assert list_rows(cache) == every
    assert list_rows(cache, "--stage", "training") == every[2:]
    assert list_rows(cache, "--table", "cars") == every[1:2]
    assert list_rows(cache, "--older-than", "20") == every[:1]
    assert list_rows(cache, "--folder", str(cache.parent)) == []
    assert run(cache, "size", "--stage", "episodes").stdout.splitlines()[0].split()[0] == "episodes"


def test_the_configuration_may_say_where_it_is(cache: Path, tmp_path: Path) -> None:
    config = (Path(__file__).parents[2] / "config" / "smoke.yaml").read_text(encoding="utf-8")
    (tmp_path / "own.yaml").write_text(f"{config}\ncache: {cache}\n")
    environment = {name: value for name, value in os.environ.items() if name != "TABLETUTOR_CACHE"}
    command = [COMMAND, "cache", "size", "--config", "own.yaml"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1].endswith(f"MB in {cache}"), done.stderr


@pytest.mark.slow
def test_verify_finds_every_kind_of_fault(cache: Path) -> None:
    assert run(cache, "verify").returncode == 0
    (segment,) = CARS.folder(cache).iterdir()
    segment.write_bytes(segment.read_bytes()[:-4])
    (other,) = BOATS.folder(cache).iterdir()
    (CARS.folder(cache) / "copied.journal").write_bytes(other.read_bytes())
    (BOATS.folder(cache) / "empty.journal").write_bytes(b"")
    state = TUNED.folder(cache) / "resume.state"
    state.write_bytes(state.read_bytes() + b"!")
    done = run(cache, "verify")
    assert done.returncode == 1
    assert "1 of 2 units are damaged" in done.stdout
    assert "of other work, episodes big-boats" in done.stdout
    assert "first line is damaged" in done.stdout
    assert "resume.state: the training state is damaged" in done.stdout


@pytest.mark.slow
def test_clear_asks_and_takes_only_what_is_meant(cache: Path) -> None:
    assert run(cache, "clear", answer="n\n").returncode == 1
    assert len(list_rows(cache)) == 3
    assert run(cache, "clear", "--table", "cars", "--yes").returncode == 0
    assert [work[1] for work in list_rows(cache)] == ["big-boats", "tuned"]
    assert run(cache, "clear", answer="y\n").returncode == 0
    assert run(cache, "list").stdout.startswith("no matching entries")
    left = [path for path in cache.rglob("*") if path.is_file()]
    assert left == [cache / "episodes" / "README"], "files that are not part of the cache stay"
