"""What a job finds before it works: the artefact of its own identity, in the results or in the cache; else it works."""

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
    Path(path).unlink(missing_ok=True)  # as Snakemake removes outputs before a job
    Path(path).write_text(text, encoding="utf-8")


def assign(tables: dict[str, Any]) -> None:
    entries = tuple(TableSplit(table, table, split, True) for table, split in sorted(tables.items()))
    write_record(Path("results/splits.json"), Splits(entries))


def planned(tables: dict[str, str] = TABLES, *, rule: str = "checkpoint", code: str = "1") -> Plan:
    """A job that trains on the tables of two splits, and checks that there are no leaks first."""
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
    """As Snakemake has them: a list, and by name."""

    def __init__(self, named: dict[str, Any]) -> None:
        super().__init__(path for value in named.values() for path in ([value] if isinstance(value, str) else value))
        self._named = named

    def items(self) -> Any:
        return self._named.items()


def work(job: Plan, cache: Path | None = None, text: str = "weights") -> None:
    """What a job does that is not spared."""
    write(OUTPUT, text)
    write(f"{OUTPUT}.sums", f"sum of {text}")
    record_artefact(job, cache)


def removed_by_snakemake() -> None:
    """As before each job: the outputs have a second name, and are gone."""
    for number, name in enumerate((OUTPUT, f"{OUTPUT}.sums")):
        quoted = name.replace("/", "%2F")
        second = Path(f"results/.previous/1-1/00000{number}~{quoted}")
        second.parent.mkdir(parents=True, exist_ok=True)
        Path(name).replace(second)


def test_the_same_work_is_kept_with_all_its_files() -> None:
    work(planned())
    removed_by_snakemake()
    assert reuse_artefact(planned(), None) == "kept"
    assert Path(OUTPUT).read_text() == "weights"
    assert Path(f"{OUTPUT}.sums").read_text() == "sum of weights"
    assert reuse_source(planned().file) == "kept"
    assert reuse_source(Path("results/identity/other.json")) is None


def test_a_table_that_is_not_read_and_a_check_that_passed_change_nothing() -> None:
    work(planned())
    write("results/tables/planes/profile.json", "another")
    write("results/leaks.json", "other words")
    write("results/tables/more/profile.json", "more")
    assign({**TABLES, "more": "test"})
    removed_by_snakemake()
    job = planned({**TABLES, "more": "test"})
    assert reuse_artefact(job, None) == "kept"
    noted = read_artefact(job.file)
    assert noted is not None
    assert "<results>/tables/more/profile.json" in noted.inputs


@pytest.mark.parametrize("change", ["code", "input", "split", "validation table"])
def test_other_work_is_done(change: str) -> None:
    work(planned())
    removed_by_snakemake()
    tables = dict(TABLES)
    if change == "input":
        write("results/tables/boats/profile.json", "another")
    elif change == "split":
        assign({**TABLES, "boats": "train"})
    elif change == "validation table":
        tables["more"] = "validation"
        write("results/tables/more/profile.json", "more")
        assign(tables)
    assert reuse_artefact(planned(tables, code="2" if change == "code" else "1"), None) is None
    assert not Path(OUTPUT).exists()


@pytest.mark.parametrize("fault", ["changed", "missing"])
def test_files_that_are_not_what_was_made_are_made_again(fault: str) -> None:
    work(planned())
    removed_by_snakemake()
    second = next(Path("results/.previous/1-1").glob("*sums"))
    if fault == "changed":
        second.write_text("something else")
    else:
        second.unlink()
    assert reuse_artefact(planned(), None) is None


def test_what_is_forced_is_made_again() -> None:
    cache = Path("cache")
    work(planned(), cache)
    removed_by_snakemake()
    nothing = types.SimpleNamespace(forcerun=set(), forcetargets=False, targets=set(), forceall=False)
    try:
        for forced in ({"forcerun": {"checkpoint"}}, {"forceall": True}, {"forcetargets": True, "targets": {OUTPUT}}):
            export_forced(types.SimpleNamespace(**{**vars(nothing), **forced}))
            assert reuse_artefact(planned(), cache) is None
        export_forced(types.SimpleNamespace(**{**vars(nothing), "forcerun": {"format"}}))
        assert reuse_artefact(planned(), cache) == "kept"
    finally:
        export_forced(nothing)
    assert FORCED not in os.environ


def test_the_cache_serves_another_checkout_and_only_the_same_work() -> None:
    cache = Path("cache")
    work(planned(), cache)
    for path in (OUTPUT, f"{OUTPUT}.sums"):
        Path(path).unlink()
    planned().file.unlink()
    assert reuse_artefact(planned(code="2"), cache) is None
    assert reuse_artefact(planned(rule="whole_checkpoint"), cache) is None
    assert reuse_artefact(planned(), cache) == "cache"
    assert Path(OUTPUT).read_text() == "weights"
    assert reuse_source(planned().file) == "cache"
    # A file of the results is never one of the cache: who edits it in place spoils nothing for others.
    Path(OUTPUT).write_text("edited")
    Path(OUTPUT).unlink()
    assert reuse_artefact(planned(), cache) == "cache"
    assert Path(OUTPUT).read_text() == "weights"


@pytest.mark.parametrize("fault", ["changed", "missing", "other identity"])
def test_a_broken_artefact_of_the_cache_is_not_served(fault: str) -> None:
    cache = Path("cache")
    work(planned(), cache)
    kept = next(cache.rglob("*.output"))
    if fault == "changed":
        kept.unlink()
        kept.write_text("something else")
    elif fault == "missing":
        kept.unlink()
    else:
        note = next(cache.rglob("artefact.json"))
        note.write_text(note.read_text().replace(planned().identity, planned().identity[:16] + "0" * 48))
    for path in (OUTPUT, f"{OUTPUT}.sums"):
        Path(path).unlink()
    assert reuse_artefact(planned(), cache) is None


def test_who_is_second_to_keep_the_same_changes_nothing() -> None:
    cache = Path("cache")
    work(planned(), cache)
    before = {path: path.read_bytes() for path in cache.rglob("*") if path.is_file()}
    work(planned(), cache, text="others")
    assert {path: path.read_bytes() for path in cache.rglob("*") if path.is_file()} == before


def test_the_identity_does_not_depend_on_where_the_results_lie() -> None:
    work(planned())
    noted = json.loads(planned().file.read_text())
    assert all(path.startswith("<results>/") for path in [*noted["inputs"], *noted["outputs"]])
