"""Files dated in the future: user files count by content, artefacts get the current time."""

import os
import sys
import time
from pathlib import Path

import pytest

from tabletutor.workflow.provenance.contents import content_digests
from tests.support.checkout import OPTIONS, RESULTS, ROOT, jobs
from tests.support.polling import wait_until
from tests.support.warm_snakemake import Warm

# A table built from its CSV as in `rules/tables.smk`, and a file built from that table.
SNAKEFILE = """
from tabletutor.workflow.preflight import check_folders
from tabletutor.workflow.setup import entry_lookup, set_up
settings, tables, sources = set_up(workflow, config)
table_entry = entry_lookup(tables)

rule table:
    output: config["results"] + "/{{table}}.txt"
    params: path=table_entry("path"), content=table_entry("content")
    shell: "{python} -c 'import shutil, sys; shutil.copyfile(*sys.argv[1:])' {{params.path}} {{output}}"

rule more:
    input: config["results"] + "/{{table}}.txt"
    output: config["results"] + "/{{table}}.more"
    shell: "{python} -c 'import shutil, sys; shutil.copyfile(*sys.argv[1:])' {{input}} {{output}}"

onstart:
    check_folders(config)
"""
FUTURE, PAST = (time.mktime((year, 1, 1, 0, 0, 0, 0, 0, 0)) for year in (2099, 1999))
TARGET = f"{RESULTS}/mpg.more"


def date(path: Path, when: float) -> None:
    os.utime(path, (when, when))


def run(warm: Warm, folder: Path, *arguments: str) -> str:
    done = warm.start([*OPTIONS[:2], "--cores", "1", TARGET, *arguments], folder, {"PYTHONPATH": str(ROOT / "scripts")})
    assert done.wait(timeout=60) == 0, done.printed
    return done.printed


@pytest.mark.slow
def test_files_dated_in_the_future_are_built_from(tmp_path: Path, warm: Warm) -> None:
    for name in ("config", "scripts", "profiles"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "resources" / "tables").mkdir(parents=True)
    for path in (ROOT / "resources" / "tables").glob("*.csv"):
        (tmp_path / "resources" / "tables" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "Snakefile").write_text(SNAKEFILE.format(python=sys.executable), encoding="utf-8")
    csv, table, more = (tmp_path / name for name in ("resources/tables/mpg.csv", f"{RESULTS}/mpg.txt", TARGET))
    date(csv, FUTURE)
    run(warm, tmp_path)
    assert csv.stat().st_mtime == FUTURE, "a user file is not changed"
    assert jobs(run(warm, tmp_path, "--dry-run")) == set()
    for when in (FUTURE, PAST):
        csv.write_bytes(csv.read_bytes() + b"\n")
        date(csv, when)
        assert jobs(run(warm, tmp_path, "--dry-run")) == {"table mpg", "more mpg"}
    run(warm, tmp_path)
    more.unlink()
    date(table, FUTURE)
    assert f"1 files in {RESULTS} were dated in the future" in run(warm, tmp_path)
    assert abs(table.stat().st_mtime - time.time()) < 60
    assert more.read_bytes() == csv.read_bytes()


def test_no_rule_has_a_file_of_the_user_as_input() -> None:
    """Snakemake would never accept an output of an input that is dated in the future."""
    for path in (ROOT / "rules").glob("*.smk"):
        for block in path.read_text(encoding="utf-8").split("    input:\n")[1:]:
            inputs = block.split("    output:\n")[0]
            assert 'table_entry("path")' not in inputs, path
            assert "local_model" not in inputs, path


def test_a_digest_is_noted_until_the_file_changes(tmp_path: Path) -> None:
    path, memo = tmp_path / "a.csv", tmp_path / "memo.json"
    path.write_text("a")
    (first,) = content_digests([path], memo).values()
    assert not memo.exists(), "a file that has just changed could change again with the same timestamp"
    wait_until(lambda: time.time() - path.stat().st_ctime > 0.05, "a file that is 0.05 s old")
    content_digests([path], memo, settled=0.05)
    noted = memo.read_text()
    assert first in noted
    memo.write_text(noted.replace(first, "0" * 64))
    assert content_digests([path], memo) == {str(path): "0" * 64}, "the file is not read again"
    before = path.stat()
    path.write_text("b")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert content_digests([path], memo)[str(path)] not in (first, "0" * 64), "a file with the same size and time"
    memo.write_text("broken")
    assert first not in content_digests([path], memo).values()
