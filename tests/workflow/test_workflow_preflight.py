"""Preflight checks: missing families, models and folders are found before anything runs, all at once."""

from pathlib import Path
from typing import Any

import pytest

from tabletutor.config.load import check
from tabletutor.config.table_list import ListedTable
from tabletutor.workflow.preflight import external_faults, pairs_faults, split_faults
from tests.support.checkout import OPTIONS, RESULTS, ROOT
from tests.support.warm_snakemake import Warm


def config(**changes: Any) -> Any:
    runs = {"base": {"model": "m"}, "tuned": {"model": "m", "training": {"keep": "best", "patience": 2}}}
    return check({"project": "p", "models": {"m": {"source": "scratch"}}, "runs": runs, **changes}, "config.yaml")


def messages(faults: Any) -> list[str]:
    return [f"{'.'.join(fault.path)}: {fault.text}" for fault in faults]


def test_what_is_named_and_not_there(tmp_path: Path) -> None:
    (tmp_path / "models" / "small").mkdir(parents=True)
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    faults = messages(
        external_faults(
            config(
                results=str(tmp_path / "gone" / "results"),
                cache=str(tmp_path / "file"),
                questions={"program": {"heldout_families": ["top_maen", "top_mean"]}},
                formats={"sft-masked": {"own_rows": [{"path": str(tmp_path / "fil")}]}},
                models={
                    "m": {"source": "local", "path": str(tmp_path / "models" / "smal")},
                    "n": {"source": "packaged", "package": "no_such_package"},
                },
            )
        )
    )
    family, own, local, packaged, results, cache = faults
    assert own == f"formats.sft-masked.own_rows.0.path: {tmp_path}/fil: no such file; did you mean {tmp_path}/file?"
    assert family == "questions.program.heldout_families: no family 'top_maen'; did you mean top_mean?"
    assert local.startswith(f"models.m.path: there is no model folder {tmp_path}/models/smal: ")
    assert local.endswith(f"did you mean {tmp_path}/models/small?")
    assert packaged.startswith("models.n.package: package 'no_such_package' is not installed")
    assert results.startswith(f"results: {tmp_path}/gone is a link to {tmp_path}/nowhere, which does not exist; create")
    assert cache.startswith(f"cache: {tmp_path}/file is a file")


def test_files_of_pairs_that_cannot_be_used(tmp_path: Path) -> None:
    for name in ("birds.csv", "birds.txt"):
        (tmp_path / name).touch()
    pairs = {"bird": f"{tmp_path}/birds.csv", "birds": f"{tmp_path}/birds.txt", "trees": f"{tmp_path}/bird.csv"}
    teachers = {"teachers": {"t": {"teacher": "openai", "model": "x"}}, "traces": {"teacher": "t"}}
    tables = [ListedTable(table=name, path="a.csv") for name in ("birds", "trees")]
    assert messages(pairs_faults(config(questions={"pairs": pairs}, **teachers), tables)) == [
        "questions.pairs.bird: no table 'bird' in config/tables.tsv; did you mean birds?",
        f"questions.pairs.birds: {tmp_path}/birds.txt: the name of a file of pairs ends in .csv, .jsonl, .ndjson; rename it",  # noqa: E501
        f"questions.pairs.trees: {tmp_path}/bird.csv: no such file; did you mean {tmp_path}/birds.csv?",
    ]


def test_a_list_that_pins_every_table_needs_train_and_test() -> None:
    """It needs no validation table, unless a run uses the validation loss or is graded on validation tables."""
    pinned = [ListedTable(table="a", path="a.csv", split="train")]
    assert [line.split(";")[0] for line in messages(split_faults(config(), pinned))] == [
        "table_list: config/tables.tsv pins no table to test",
        "runs.tuned.training.keep: best needs the loss on validation rows, but config/tables.tsv pins no table to "
        "validation",
        "runs.tuned.training.patience: 2 needs the loss on validation rows, but config/tables.tsv pins no table to "
        "validation",
    ]
    assert messages(split_faults(config(), [*pinned, ListedTable(table="b", path="b.csv")])) == []
    runs = {"base": {"model": "m", "splits": ["validation", "test"]}, "tuned": {"model": "m"}}
    graded = config(runs=runs)
    pinned.append(ListedTable(table="c", path="c.csv", split="test"))
    assert messages(split_faults(graded, pinned)) == [
        "runs.base.splits: config/tables.tsv pins no table to validation; pin one, or remove validation from splits"
    ]


@pytest.mark.slow
def test_a_run_says_all_of_it_before_anything_runs(tmp_path: Path, warm: Warm) -> None:
    """Values of `--config` are not attributed to the file; a dangling link and list faults are reported as well."""
    for name in ("resources", "scripts", "profiles", "rules", "envs", "Snakefile"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "config").mkdir()
    for name in ("smoke.yaml", "smoke-tables.tsv"):
        (tmp_path / "config" / name).write_bytes((ROOT / "config" / name).read_bytes())
    with (tmp_path / "config" / "smoke-tables.tsv").open("a") as stream:
        stream.write("one\tresources/tables/mpgg.csv\ttrain\t\t\ntwo\tresources/tables/mpg.csv\ttrian\t\t\n")
    (tmp_path / RESULTS).symlink_to("nowhere")
    options = ["--configfile", "config/smoke.yaml", "--cores", "1", "--config", "seed=x", "sede=1"]
    done = warm.start(options, tmp_path, {"PYTHONPATH": str(ROOT / "scripts")})
    assert done.wait(timeout=60) == 1, done.printed
    for line in (
        "--config: seed: should be a valid integer",
        "--config: sede: unknown key; did you mean seed?",
        f"config/smoke.yaml: results: {RESULTS} is a link to nowhere, which does not exist",
        "config/smoke-tables.tsv:7: column path: table 'one': there is no file 'resources/tables/mpgg.csv'. Correct "
        "the path, or add the file. Did you mean 'resources/tables/mpg.csv'?",
        "config/smoke-tables.tsv:8: column split: unknown split 'trian' (did you mean 'train'?)",
    ):
        assert line in done.printed
    assert not (tmp_path / "logs").exists()
    assert OPTIONS[1] == options[1]
