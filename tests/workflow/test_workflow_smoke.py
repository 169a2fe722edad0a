"""The whole workflow on the smoke project, as a user runs it: from a checkout, by `snakemake --profile local`."""

import os
from pathlib import Path

import pytest
from checkout import CONFIG, RESULTS, TABLES, Checkout, copy_checkout

PER_TABLE = ("table", "questions", "episodes", "verdicts")
# What reads all tables, and what follows from it; the tiny model's tokenizer is made from the training rows.
AGGREGATES = {
    *("splits", "leaks", "sft_standard", "model tiny", "mask tuned", "checkpoint tuned"),
    *("predictions base", "predictions tuned", "scores base", "scores tuned"),
    *("summary", "comparison", "report", "all"),
}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_every_artefact_is_there(built: Checkout) -> None:
    results = built.root / RESULTS
    expected = [
        "splits.json",
        "leaks.json",
        *(f"tables/{table}/{name}" for table in TABLES for name in ("table.parquet", "profile.json")),
        *(f"{stage}/program/{table}.jsonl" for table in TABLES for stage in PER_TABLE[1:]),
        *(f"questions/program/{table}.rejects.jsonl" for table in TABLES),
        *(f"formats/sft-standard/{name}" for name in ("train.jsonl", "validation.jsonl", "stats.json")),
        *(
            f"checkpoints/tuned/{name}"
            for name in ("adapter_model.safetensors", "adapter_config.json", "metrics.ndjson")
        ),
        *(f"{stage}/{run}/test.jsonl" for run in CONFIG["runs"] for stage in ("predictions", "scores")),
        "masks/tuned.json",
        "metrics/summary.csv",
        "metrics/comparison.json",
        "report/index.html",
    ]
    assert [name for name in expected if not (results / name).is_file()] == []
    assert (built.root / "logs" / CONFIG["project"] / "questions" / f"{TABLES[0]}.log").is_file()


def test_there_is_nothing_to_do_afterwards(clone: Checkout) -> None:
    """Not in a clone at another path either, with every source touched, a comment and an unrelated function added."""
    for path in clone.root.rglob("*"):
        if path.is_file() and RESULTS not in path.parts and ".snakemake" not in path.parts:
            path.touch()
    script = clone.root / "scripts" / "questions.py"
    script.write_text(script.read_text(encoding="utf-8") + "\n# the end\n", encoding="utf-8")
    assert "Nothing to be done" in clone.run().stdout


def test_a_new_table_builds_its_own_chain_and_the_aggregates(clone: Checkout) -> None:
    with (clone.root / CONFIG["table_list"]).open("a", encoding="utf-8") as stream:
        stream.write("prison_custody_by_state\tresources/tables/prison_custody_by_state.csv\ttrain\tpublic\tPrisons\n")
    assert clone.planned() == {f"{rule} prison_custody_by_state" for rule in PER_TABLE} | AGGREGATES


def test_a_changed_cell_builds_that_tables_chain(clone: Checkout) -> None:
    """Even if the modification time of the CSV says that nothing has changed."""
    table = TABLES[0]
    path = clone.root / "resources" / "tables" / f"{table}.csv"
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b"1952", b"1953", 1))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert clone.planned() == {f"{rule} {table}" for rule in PER_TABLE} | AGGREGATES


def test_an_edit_builds_what_depends_on_it(clone: Checkout) -> None:
    """The answer tolerance judges again, without a rollout; a title makes the report alone."""
    config = clone.root / "config" / "smoke.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("title: tabletutor smoke report", "title: another title"), encoding="utf-8")
    assert clone.planned() == {"report", "all"}
    config.write_text(text + "\nverdicts: {relative_tolerance: 1.0e-5}\n", encoding="utf-8")
    planned = clone.planned()
    assert {"verdicts " + table for table in TABLES} | {"scores base", "scores tuned"} <= planned
    assert not {job for job in planned if job.startswith(("table ", "questions ", "episodes "))}


def test_a_second_build_has_the_same_bytes(built: Checkout, tmp_path: Path) -> None:
    """At another depth of folders, with another hash seed, time zone and umask, and on one core."""
    second = copy_checkout(tmp_path / "deep" / "er" / "checkout", built.root)
    mask = os.umask(0o077)
    try:
        second.run("--cores", "1", PYTHONHASHSEED="2", TZ="Asia/Kathmandu")
    finally:
        os.umask(mask)
    assert second.digests() == built.digests()
