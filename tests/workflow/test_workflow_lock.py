"""A killed run leaves no lock, and living runs exclude each other: Snakemake with one slow rule."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.checkout import OPTIONS, RESULTS, ROOT
from tests.support.polling import wait_until
from tests.support.warm_snakemake import Run, Warm

# The job takes the lock as every job does, writes that it has started, and ends on request.
SNAKEFILE = """
from tabletutor.workflow.setup import set_up
set_up(workflow, config)

rule slow:
    output: config["results"] + "/slow.txt"
    shell: "exec {python} job.py {{output}}"
"""
JOB = """
import os, pathlib, sys
from tabletutor.workflow.lock import lock_job
lock_job()
pathlib.Path("started").write_text(str(os.getpid()))
if pathlib.Path("go").open("rb").read(1):  # waits for it
    pathlib.Path(sys.argv[1]).write_text("made")
"""
REFUSED = "Directory cannot be locked"
FREED = "was killed: removed its lock"
Start = Callable[..., Run]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("config", "resources", "scripts"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "Snakefile").write_text(SNAKEFILE.format(python=sys.executable), encoding="utf-8")
    (tmp_path / "job.py").write_text(JOB, encoding="utf-8")
    os.mkfifo(tmp_path / "go")
    return tmp_path


@pytest.fixture
def start(folder: Path, warm: Warm) -> Iterator[Start]:
    """A function that starts a run in `folder`, in its own process group. The fixture ends all runs."""
    runs: list[Run] = []

    def start_run(*arguments: str) -> Run:
        options = [*OPTIONS[:2], "--cores", "1", "--rerun-incomplete", *arguments]
        runs.append(warm.start(options, folder, {"PYTHONPATH": str(ROOT / "scripts")}))
        return runs[-1]

    yield start_run
    for run in runs:
        run.kill()


def until_it_works(folder: Path, run: Run) -> None:
    wait_until(lambda: (folder / "started").exists() or run.poll() is not None, "a job or the end of the run")
    assert run.poll() is None, run.printed


def finish(folder: Path, run: Run) -> str:
    """Let the job end, and return the run's output. The run must succeed."""
    with (folder / "go").open("r+b", buffering=0) as go:  # read and write, so that opening does not wait for a reader
        go.write(b"x")
        assert run.wait(timeout=60) == 0, run.printed
    assert (folder / RESULTS / "slow.txt").read_text(encoding="utf-8") == "made"
    return run.printed


def locks(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / ".snakemake" / "locks").glob("*.lock"))


def refusal(run: Run) -> str:
    assert run.wait(timeout=60) == 1, run.printed
    assert REFUSED in run.printed
    assert FREED not in run.printed
    return run.printed


@pytest.mark.slow
def test_after_a_kill_the_same_command_goes_on(folder: Path, start: Start) -> None:
    """Partially written files are removed; other files stay."""
    first = start()
    until_it_works(folder, first)
    first.kill()
    assert locks(folder)
    (folder / "started").unlink()
    results = folder / RESULTS
    (results / "deep" / ".model.x1.part").mkdir(parents=True)
    for name in ("deep/.model.x1.part/weights", ".slow.txt.x2.part", "deep/mine.part", ".mine"):
        (results / name).touch()
    second = start()
    until_it_works(folder, second)
    left = sorted(str(path.relative_to(results)) for path in results.rglob("*"))
    assert left == [".mine", "deep", "deep/mine.part"]
    printed = finish(folder, second)
    assert FREED in printed
    assert f"removed a partially written file of a killed run: {RESULTS}/.slow.txt.x2.part" in printed
    assert FREED not in finish(folder, start("--forceall"))


@pytest.mark.slow
def test_two_living_runs_exclude_each_other(folder: Path, start: Start) -> None:
    """Even after a dry run, which takes no lock and removes none."""
    first = start()
    until_it_works(folder, first)
    held = locks(folder)
    assert "another run, or a job that outlived its run, is using" in refusal(start())
    dry = start("--dry-run")
    assert dry.wait(timeout=60) == 0, dry.printed
    assert FREED not in dry.printed
    assert locks(folder) == held
    refusal(start())
    finish(folder, first)


@pytest.mark.slow
def test_a_job_that_outlives_its_run_keeps_the_next_one_out(folder: Path, start: Start) -> None:
    """Otherwise two jobs would write the same file. When the job has ended, the same command works."""
    first = start()
    until_it_works(folder, first)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert "or a job that outlived its run" in refusal(start())
    os.kill(int((folder / "started").read_text(encoding="utf-8")), signal.SIGKILL)
    assert FREED in finish(folder, start())


@pytest.mark.slow
def test_unlock_is_still_there(folder: Path, start: Start) -> None:
    first = start()
    until_it_works(folder, first)
    first.kill()
    left = locks(folder)
    assert start("--dry-run").wait(timeout=60) == 0
    assert left
    assert locks(folder) == left  # a dry run changes nothing
    unlocked = start("--unlock")
    assert unlocked.wait(timeout=60) == 0
    assert "Unlocked working directory" in unlocked.printed
    assert locks(folder) == []


def test_locks_of_another_project_stay(tmp_path: Path) -> None:
    folder = tmp_path / ".snakemake" / "locks"
    folder.mkdir(parents=True)
    for name, text in {
        "0.input": "results-other/a\nresources/x.csv\n", "0.output": "results-other/b\n",
        "1.input": f"{RESULTS}/a\nresources/x.csv\n", "1.output": f"{RESULTS}/b\n", "2.output": f"{RESULTS}-2/b\n",
    }.items():  # fmt: skip
        (folder / f"{name}.lock").write_text(text, encoding="utf-8")
    code = f"from tabletutor.workflow.lock import lock_run; lock_run('./{RESULTS}/')"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)
    assert locks(tmp_path) == ["0.input.lock", "0.output.lock", "2.output.lock"]
