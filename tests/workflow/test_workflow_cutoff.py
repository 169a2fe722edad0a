"""Early cut-off: a job reuses an artefact of its own identity from the results or the cache, or else does its work."""

import contextlib
import json
import os
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tabletutor.records.record import write_record
from tabletutor.records.table import Splits, TableSplit
from tabletutor.workflow.provenance.artefact import Plan, plan, read_artefact
from tabletutor.workflow.provenance.cutoff import FORCED, export_forced, record_artefact, reuse_artefact, reuse_source

OUTPUT = "results/checkpoints/a/weights"
TABLES = {"cars": "train", "boats": "validation", "planes": "test"}


@pytest.fixture(autouse=True)
def project(tmp_path: Path) -> Iterator[Path]:
    """A working directory with the profiles of three tables and their splits."""
    with contextlib.chdir(tmp_path):
        for table in TABLES:
            write(f"results/tables/{table}/profile.json", table)
        assign(TABLES)
        write("results/leaks.json", "none")
        yield tmp_path


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).unlink(missing_ok=True)  # Snakemake removes outputs before a job
    Path(path).write_text(text, encoding="utf-8")


def assign(tables: dict[str, Any]) -> None:
    entries = tuple(TableSplit(table, table, split, True) for table, split in sorted(tables.items()))
    write_record(Path("results/splits.json"), Splits(entries))


def make_plan(tables: dict[str, str] = TABLES, *, rule: str = "checkpoint", code: str = "1") -> Plan:
    """Return the plan of a job that trains on the tables of two splits, with the leak check as its gate."""
    paths = {
        "profiles": [f"results/tables/{table}/profile.json" for table in tables],
        "splits": "results/splits.json",
        "gate": "results/leaks.json",
    }
    params = {"tables": list(tables), "splits": ["train", "validation"], "code": code, "config": {"rate": 0.1}}
    job = types.SimpleNamespace(
        rule=rule, wildcards={"run": "a"}, params=params, input=Inputs(paths), output=[OUTPUT, f"{OUTPUT}.sums"]
    )
    return plan(job, "results")


class Inputs(list[str]):
    """Inputs as Snakemake provides them: a list with names."""

    def __init__(self, named: dict[str, Any]) -> None:
        super().__init__(path for value in named.values() for path in ([value] if isinstance(value, str) else value))
        self._named = named

    def items(self) -> Any:
        return self._named.items()


def work(job: Plan, cache: Path | None = None, text: str = "weights") -> None:
    """Do the work of a job that cannot reuse an artefact."""
    write(OUTPUT, text)
    write(f"{OUTPUT}.sums", f"sum of {text}")
    record_artefact(job, cache)


def remove_outputs() -> None:
    """Move the outputs to the backup, as before each job."""
    for number, name in enumerate((OUTPUT, f"{OUTPUT}.sums")):
        quoted = name.replace("/", "%2F")
        second = Path(f"results/.previous/1-1/00000{number}~{quoted}")
        second.parent.mkdir(parents=True, exist_ok=True)
        Path(name).replace(second)


def test_the_same_work_is_kept_with_all_its_files() -> None:
    work(make_plan())
    remove_outputs()
    assert reuse_artefact(make_plan(), None) == "kept"
    assert Path(OUTPUT).read_text() == "weights"
    assert Path(f"{OUTPUT}.sums").read_text() == "sum of weights"
    assert reuse_source(make_plan().file) == reuse_source(make_plan().file.absolute()) == "kept"
    assert reuse_source(Path("results/identity/other.json")) is None


def test_a_table_that_is_not_read_and_a_check_that_passed_change_nothing() -> None:
    work(make_plan())
    write("results/tables/planes/profile.json", "another")
    write("results/leaks.json", "other words")
    write("results/tables/more/profile.json", "more")
    assign({**TABLES, "more": "test"})
    remove_outputs()
    job = make_plan({**TABLES, "more": "test"})
    assert reuse_artefact(job, None) == "kept"
    noted = read_artefact(job.file)
    assert noted is not None
    assert "<results>/tables/more/profile.json" in noted.inputs


@pytest.mark.parametrize("change", ["code", "input", "split", "validation table"])
def test_other_work_is_done(change: str) -> None:
    work(make_plan())
    remove_outputs()
    tables = dict(TABLES)
    if change == "input":
        write("results/tables/boats/profile.json", "another")
    elif change == "split":
        assign({**TABLES, "boats": "train"})
    elif change == "validation table":
        tables["more"] = "validation"
        write("results/tables/more/profile.json", "more")
        assign(tables)
    assert reuse_artefact(make_plan(tables, code="2" if change == "code" else "1"), None) is None
    assert not Path(OUTPUT).exists()


@pytest.mark.parametrize("fault", ["changed", "missing"])
def test_files_that_are_not_what_was_made_are_made_again(fault: str) -> None:
    work(make_plan())
    remove_outputs()
    second = next(Path("results/.previous/1-1").glob("*sums"))
    if fault == "changed":
        second.write_text("something else")
    else:
        second.unlink()
    assert reuse_artefact(make_plan(), None) is None


def test_what_is_forced_is_made_again() -> None:
    cache = Path("cache")
    work(make_plan(), cache)
    remove_outputs()
    nothing = types.SimpleNamespace(forcerun=set(), forcetargets=False, targets=set(), forceall=False)
    try:
        for forced in ({"forcerun": {"checkpoint"}}, {"forceall": True}, {"forcetargets": True, "targets": {OUTPUT}}):
            export_forced(types.SimpleNamespace(**{**vars(nothing), **forced}))
            assert reuse_artefact(make_plan(), cache) is None
        export_forced(types.SimpleNamespace(**{**vars(nothing), "forcerun": {"format"}}))
        assert reuse_artefact(make_plan(), cache) == "kept"
    finally:
        export_forced(nothing)
    assert FORCED not in os.environ


def test_the_cache_serves_another_checkout_and_only_the_same_work() -> None:
    cache = Path("cache")
    work(make_plan(), cache)
    for path in (OUTPUT, f"{OUTPUT}.sums"):
        Path(path).unlink()
    make_plan().file.unlink()
    assert reuse_artefact(make_plan(code="2"), cache) is None
    assert reuse_artefact(make_plan(rule="whole_checkpoint"), cache) is None
    assert reuse_artefact(make_plan(), cache) == "cache"
    assert Path(OUTPUT).read_text() == "weights"
    assert reuse_source(make_plan().file) == "cache"
    # Results are never hard links to the cache, so editing them in place does not damage the cache.
    Path(OUTPUT).write_text("edited")
    Path(OUTPUT).unlink()
    assert reuse_artefact(make_plan(), cache) == "cache"
    assert Path(OUTPUT).read_text() == "weights"


@pytest.mark.parametrize("fault", ["changed", "missing", "other identity"])
def test_a_broken_artefact_of_the_cache_is_not_served(fault: str) -> None:
    cache = Path("cache")
    work(make_plan(), cache)
    kept = next(cache.rglob("*.output"))
    if fault == "changed":
        kept.unlink()
        kept.write_text("something else")
    elif fault == "missing":
        kept.unlink()
    else:
        note = next(cache.rglob("artefact.json"))
        note.write_text(note.read_text().replace(make_plan().identity, make_plan().identity[:16] + "0" * 48))
    for path in (OUTPUT, f"{OUTPUT}.sums"):
        Path(path).unlink()
    assert reuse_artefact(make_plan(), cache) is None


def test_who_is_second_to_keep_the_same_changes_nothing() -> None:
    cache = Path("cache")
    work(make_plan(), cache)
    before = {path: path.read_bytes() for path in cache.rglob("*") if path.is_file()}
    work(make_plan(), cache, text="others")
    assert {path: path.read_bytes() for path in cache.rglob("*") if path.is_file()} == before


def test_the_identity_does_not_depend_on_where_the_results_lie() -> None:
    work(make_plan())
    noted = json.loads(make_plan().file.read_text())
    assert all(path.startswith("<results>/") for path in [*noted["inputs"], *noted["outputs"]])
