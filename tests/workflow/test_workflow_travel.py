"""Jobs that do work if results are unchanged, copied, or built elsewhere: builds of the smoke project.

A job that reuses an artefact logs it (`tests/workflow/test_workflow_cutoff.py` tests when it may). These tests name the
jobs that did work.
"""

import shutil
from pathlib import Path

import pytest

from tests.support.checkout import CONFIG, RESULTS, Checkout, copy_checkout, jobs, worked
from tests.support.warm_snakemake import Warm

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

LIST = CONFIG["table_list"]
TABLE = "prison_custody_by_state"
CHAIN = {f"{rule} {TABLE}" for rule in ("table", "questions", "episodes", "replays", "verdicts")}
TABLES_READ = {"splits", "leaks"}
GRADED = {"scores base test", "scores base_lenient test", "scores tuned test"}
FIGURES = {*GRADED, "summary", "comparison", "arms", "report"}
ANSWERED = {"predictions base test", "predictions tuned test", "lenient base_lenient test"}
ANSWERS = [f"{RESULTS}/predictions/{run}/test.jsonl" for run in ("base", "tuned")]
TRAINED = {"checkpoint tuned", "mask tuned", "format sft-standard", "audit sft-standard"}


def add(checkout: Checkout, split: str) -> None:
    with (checkout.root / LIST).open("a", encoding="utf-8") as stream:
        stream.write(f"{TABLE}\tresources/tables/{TABLE}.csv\t{split}\tpublic\tPrisons\n")


def answered_questions(printed: str) -> set[str]:
    """Return the numbers of questions that prediction jobs had to answer, from their logs."""
    return {line.rpartition(": ")[2] for line in printed.splitlines() if "questions to answer" in line}


def test_one_more_test_table_trains_nothing_and_answers_only_its_questions(clone: Checkout) -> None:
    before = {name: (clone.root / name).read_bytes() for name in ANSWERS}
    add(clone, "test")
    printed = clone.run().stdout
    assert worked(printed) == CHAIN | TABLES_READ | ANSWERED | FIGURES
    assert answered_questions(printed) == {"4 questions to answer, 8 from the journal"}
    assert jobs(clone.run("--dry-run").stdout) == set()

    # Removed and added again: the answers are in the cache.
    listed = (clone.root / LIST).read_text(encoding="utf-8")
    (clone.root / LIST).write_text("".join(listed.splitlines(keepends=True)[:-1]), encoding="utf-8")
    assert worked(clone.run(*ANSWERS).stdout) == TABLES_READ
    assert {name: (clone.root / name).read_bytes() for name in ANSWERS} == before
    (clone.root / LIST).write_text(listed, encoding="utf-8")
    assert worked(clone.run(*ANSWERS).stdout) == TABLES_READ


def test_one_more_validation_table_makes_rows_and_a_checkpoint_but_no_other_answer(clone: Checkout) -> None:
    add(clone, "validation")
    assert worked(clone.run(*ANSWERS).stdout) == CHAIN | TABLES_READ | TRAINED


def test_results_copied_without_notes_are_taken_as_they_are(built: Checkout, tmp_path: Path, warm: Warm) -> None:
    other = copy_checkout(tmp_path / "other", built.root)
    shutil.copytree(built.root / RESULTS, other.root / RESULTS)
    assert other.planned(warm) == set()
    assert "Nothing to be done" in other.run().stdout
    # A changed output is rebuilt.
    path = other.root / RESULTS / "metrics" / "summary.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("base", "best"), encoding="utf-8")
    shutil.rmtree(other.root / ".snakemake")
    assert other.planned(warm) == {"summary", "report", "all"}
    # So is an output of other code.
    with (other.root / "scripts/tabletutor/training/methods/sft.py").open("a", encoding="utf-8") as stream:
        stream.write("\ntrain = train\n")
    assert "checkpoint tuned" in other.planned(warm)


def test_a_second_checkout_takes_checkpoints_and_predictions_from_a_shared_cache(
    built: Checkout, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    for name in ("checkpoint", "predictions"):
        for path in (built.root / ".tabletutor" / "cache" / name).iterdir():
            if (path / "artefact.json").exists():
                shutil.copytree(path, cache / name / path.name)
    other = copy_checkout(tmp_path / "other", built.root)
    shutil.copytree(built.root / RESULTS, other.root / RESULTS)
    for name in ("checkpoints", "predictions"):
        shutil.rmtree(other.root / RESULTS / name)
    printed = other.run(*ANSWERS, TABLETUTOR_CACHE=str(cache)).stdout
    assert worked(printed) == set()
    assert printed.count("from the cache: ") == 3
    made = (ANSWERS[1], f"{RESULTS}/checkpoints/tuned/SHA256SUMS")
    assert all((other.root / name).read_bytes() == (built.root / name).read_bytes() for name in made)

    # Artefacts of other settings are never used.
    smoke = other.root / "config" / "smoke.yaml"
    text = smoke.read_text(encoding="utf-8")
    smoke.write_text(text.replace("      max_steps: 12", "      learning_rate: 5.0e-4\n      max_steps: 12"))
    assert worked(other.run(*ANSWERS, TABLETUTOR_CACHE=str(cache)).stdout) == {
        "checkpoint tuned",
        "predictions tuned test",
    }


def test_what_is_forced_does_work(clone: Checkout) -> None:
    printed = clone.run("--forcerun", "summary").stdout
    assert worked(printed) == {"summary"}
    assert "report: kept: " in printed
