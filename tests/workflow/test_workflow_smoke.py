"""The whole workflow on the smoke project, as a user runs it: `snakemake --profile local` in a checkout."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.checkout import CONFIG, RESULTS, TABLES, Checkout

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_every_artefact_is_there(built: Checkout) -> None:
    results = built.root / RESULTS
    expected = [
        "splits.json",
        "leaks.json",
        *(f"tables/{table}/{name}" for table in TABLES for name in ("table.parquet", "profile.json")),
        *(
            f"{stage}/program/{table}.jsonl"
            for table in TABLES
            for stage in ("questions", "episodes", "replays", "verdicts")
        ),
        *(f"questions/program/{table}.rejects.jsonl" for table in TABLES),
        *(f"formats/sft-standard/{name}" for name in ("train.jsonl", "notes/train.jsonl", "stats.json", "audit.json")),
        *(
            f"checkpoints/tuned/{name}"
            for name in ("adapter_model.safetensors", "adapter_config.json", "metrics.ndjson")
        ),
        *(
            f"{stage}/{run}/{split}.jsonl"
            for run, settings in CONFIG["runs"].items()
            for split in settings.get("splits", ["test"])
            for stage in ("predictions", "scores", "ledger")
        ),
        "worked_examples/1.jsonl",
        "masks/tuned.json",
        "metrics/summary.csv",
        "metrics/validation.csv",
        "metrics/comparison.json",
        "metrics/arms.json",
        "report/index.html",
    ]
    assert [name for name in expected if not (results / name).is_file()] == []
    assert (built.root / "logs" / CONFIG["project"] / "questions" / f"{TABLES[0]}.log").is_file()


def test_a_second_build_elsewhere_and_otherwise_has_the_same_bytes(clone: Checkout) -> None:
    """At another folder depth, with another hash seed, locale, time zone, umask and job order, on one core: with
    `tabletutor reproduce`."""
    command = [Path(sys.executable).with_name("tabletutor"), "reproduce", "--config", "config/smoke.yaml"]
    environment = {**os.environ, **clone.environment()}
    done = subprocess.run(command, cwd=clone.root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith(f"{len(clone.digests())} artefacts, identical in both builds\n")
    check = subprocess.run(
        ["sha256sum", "--check", "--quiet", "MANIFEST.sha256"], cwd=clone.root / RESULTS, check=False
    )
    assert check.returncode == 0
