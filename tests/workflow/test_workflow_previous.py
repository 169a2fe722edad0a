"""Old outputs are restored after a failure or a kill, and rebuilt by the next run: real Snakemake."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.checkout import OPTIONS, RESULTS, ROOT
from tests.support.polling import wait_until
from tests.support.warm_snakemake import Run, Warm

# As in our Snakefile. `first` builds two files and `last` depends on them; `other` does not.
SNAKEFILE = """
import hashlib, os
from pathlib import Path
from tabletutor.workflow.provenance.output_backup import OutputBackup
from tabletutor.workflow.setup import set_up
set_up(workflow, config)
previous = OutputBackup(config["results"])
code = hashlib.sha256(Path("job.py").read_bytes()).hexdigest()
word = os.environ["WORD"]

rule all:
    input: "{results}/last.txt", "{results}/other.txt"

rule first:
    input: "source.txt"
    output: "{results}/first.txt", "{results}/more/second.txt"
    params: word=word, code=code
    shell: "{python} job.py first {{params.word}} {{input}} {{output}}"

rule last:
    input: "{results}/first.txt"
    output: "{results}/last.txt"
    params: code=code
    shell: "{python} job.py last - {{input}} {{output}}"

rule other:
    output: "{results}/other.txt"
    params: word=word
    shell: "{python} job.py other {{params.word}} /dev/null {{output}}"

onstart: previous.keep(workflow)
onsuccess: previous.drop()
onerror: previous.restore()
"""
# The environment sets which rule fails, which one waits after its first file, and what a failing one damages.
JOB = """
import os, pathlib, shutil, sys, time
from tabletutor.workflow.lock import lock_job
lock_job()
rule, word, source, *outputs = sys.argv[1:]
text = f"{rule} {word} " + pathlib.Path(source).read_text()
for name in outputs:
    if rule == os.environ.get("FAIL"):
        if "SPOIL" in os.environ:
            shutil.rmtree(os.environ["SPOIL"])
            pathlib.Path(os.environ["SPOIL"]).touch()
        sys.exit("no luck")
    pathlib.Path(name).write_text(text)
    if rule == os.environ.get("WAIT"):
        pathlib.Path("started").touch()
        time.sleep(600)
"""
FIRST, SECOND, LAST, OTHER = (
    f"{RESULTS}/{name}" for name in ("first.txt", "more/second.txt", "last.txt", "other.txt")
)  # fmt: skip
State = dict[str, tuple[str, int]]

pytestmark = pytest.mark.slow


class Project:
    """A folder with a small workflow."""

    def __init__(self, folder: Path, warm: Warm) -> None:
        self.folder, self.warm = folder, warm

    def make(self) -> None:
        folder = self.folder
        for name in ("config", "profiles", "resources", "scripts"):
            (folder / name).symlink_to(ROOT / name)
        (folder / "Snakefile").write_text(SNAKEFILE.format(python=sys.executable, results=RESULTS), encoding="utf-8")
        (folder / "job.py").write_text(JOB, encoding="utf-8")
        (folder / "source.txt").write_text("one", encoding="utf-8")

    def start(self, *arguments: str, **environment: str) -> Run:
        options = [*OPTIONS[:2], "--cores", "2", *arguments]
        package = {"PYTHONPATH": str(ROOT / "scripts")}
        return self.warm.start(options, self.folder, {**package, "WORD": "old", **environment})

    def run(self, *arguments: str, code: int = 0, **environment: str) -> str:
        run = self.start(*arguments, **environment)
        assert run.wait(timeout=120) == code, run.printed
        return run.printed

    def kill(self, when: Callable[[], bool], *arguments: str, **environment: str) -> None:
        """Start a run, and kill it and its jobs once a condition holds."""
        run = self.start(*arguments, **environment)

        def is_time() -> bool:
            alive = run.poll() is None
            due = when()
            assert due or alive, run.printed
            return due

        try:
            wait_until(is_time, lambda: f"the moment to kill the run: {run.printed}")
        finally:
            run.kill()

    def state(self) -> State:
        """Return the text and modification time of each file in the results."""
        results = self.folder / RESULTS
        return {
            str(path.relative_to(self.folder)): (path.read_text(encoding="utf-8"), path.stat().st_mtime_ns)
            for path in results.rglob("*") if path.is_file()
        }  # fmt: skip

    def texts(self) -> dict[str, str]:
        return {name: text for name, (text, _) in self.state().items()}

    def has_started(self) -> bool:
        return (self.folder / "started").exists()

    def expect(self, word: str, source: str = "one", job: str = "first") -> None:
        """Assert that the results equal those of an undisturbed run, without other files."""
        first = f"{job} {word} {source}"
        assert self.texts() == {
            FIRST: first, SECOND: first, LAST: f"{job.replace('first', 'last')} - {first}", OTHER: f"other {word} ",
        }  # fmt: skip
        assert not list(self.folder.glob(f"{RESULTS}/.*"))


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory, warm: Warm) -> Project:
    made = Project(tmp_path_factory.mktemp("once"), warm)
    made.make()
    made.run()
    made.expect("old")
    return made


@pytest.fixture
def project(once: Project, tmp_path: Path) -> Project:
    """A project with results of the old word. Tests may change it."""
    shutil.copytree(once.folder, tmp_path, symlinks=True, dirs_exist_ok=True)
    return Project(tmp_path, once.warm)


def test_after_a_failure_and_another_all_is_made_again(project: Project) -> None:
    """With changed parameters: after the failure, Snakemake's metadata has the new ones for the old files."""
    before = project.state()
    for _ in range(2):
        printed = project.run(WORD="new", FAIL="first", code=1)
        assert f"restored the old file, to be rebuilt: {FIRST}" in printed
        after = project.state()
        assert {name: after.pop(name) for name in (FIRST, SECOND, LAST)} == {
            name: before[name] for name in (FIRST, SECOND, LAST)
        }
    planned = project.run("--dry-run", WORD="new")
    assert "rule first" in planned
    assert "rule last" in planned
    project.run(WORD="new")
    project.expect("new")
    assert "Nothing to be done" in project.run(WORD="new")


@pytest.mark.parametrize("change", ["source.txt", "job.py"])
def test_after_a_failure_with_another_input_or_code(change: str, project: Project) -> None:
    before = project.state()
    path = project.folder / change
    text = path.read_text(encoding="utf-8")
    path.write_text({"source.txt": "two", "job.py": f"{text}\n# other code\n"}[change], encoding="utf-8")
    project.run(FAIL="first", code=1)
    assert project.state() == before
    printed = project.run()
    assert "rule first" in printed
    assert "rule last" in printed
    project.expect("old", source=(project.folder / "source.txt").read_text(encoding="utf-8"))
    assert all(project.state()[name][1] > before[name][1] for name in (FIRST, SECOND, LAST))
    assert "Nothing to be done" in project.run()


def test_what_was_replaced_before_the_failure_stays(project: Project) -> None:
    before = project.state()
    project.run("--keep-going", WORD="new", FAIL="last", code=1)
    after = project.state()
    assert after[FIRST][0] == after[SECOND][0] == "first new one"
    assert after[LAST] == before[LAST]
    printed = project.run(WORD="new")
    assert "rule first" not in printed
    project.expect("new")


def test_after_a_kill_in_the_middle_of_a_job(project: Project) -> None:
    """The job wrote one of its two files. The next run fails at once, the one after it does not. Another project's
    folder is not touched.
    """
    other = project.folder / f"{RESULTS}-other/.previous/1/000000~{RESULTS}-other%2Fx"
    other.parent.mkdir(parents=True)
    other.touch()
    before = project.state()
    project.kill(project.has_started, WORD="new", WAIT="first")
    assert (project.folder / FIRST).read_text(encoding="utf-8") == "first new one"
    assert not (project.folder / SECOND).exists()
    project.run("--dry-run", WORD="new")
    assert not (project.folder / SECOND).exists()  # a dry run changes nothing
    project.run(WORD="new", FAIL="first", code=1)
    after = project.state()
    assert {name: after[name] for name in (FIRST, SECOND, LAST)} == {
        name: before[name] for name in (FIRST, SECOND, LAST)
    }
    project.run(WORD="new")
    project.expect("new")
    assert other.exists()
    assert not other.with_name("x").exists()


def test_a_failure_noted_before_the_kill(project: Project) -> None:
    """The failed job leaves no mark, and its new parameters are recorded, so only our own mark shows the failure."""
    before = project.state()

    def has_failed() -> bool:
        marks = [path for path in (project.folder / ".snakemake/incomplete").rglob("*") if path.is_file()]
        return project.has_started() and len(marks) == 1  # the mark of the waiting job

    project.kill(has_failed, "--keep-going", WORD="new", FAIL="first", WAIT="other")
    assert not (project.folder / FIRST).exists()
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    code = f"from tabletutor.workflow.lock import lock_run; lock_run('{RESULTS}')"
    subprocess.run([sys.executable, "-c", code], cwd=project.folder, env=environment, check=True)
    assert project.state() == before
    project.run(WORD="new")
    project.expect("new")


@pytest.mark.parametrize(("notes", "at_once"), [("metadata", True), ("incomplete", False)])
def test_where_snakemake_cannot_write_its_notes(notes: str, at_once: bool, project: Project) -> None:
    """It stops without calling a handler. Nothing is restored until a mark can be written."""
    before = project.state()
    folder = project.folder / ".snakemake" / notes
    printed = project.run(WORD="new", FAIL="first", SPOIL=f".snakemake/{notes}", code=1)
    assert (project.folder / FIRST).exists() == at_once
    assert ("cannot restore" in printed) != at_once
    folder.unlink()
    project.run(WORD="new", FAIL="first", code=1)
    assert all(project.state()[name] == before[name] for name in (FIRST, SECOND, LAST))
    project.run(WORD="new")
    project.expect("new")


def test_while_a_run_goes_well(project: Project) -> None:
    """The old files have a hard link only during the run."""
    project.run("--dry-run", WORD="new")
    assert not (project.folder / RESULTS / ".previous").exists()
    inode = (project.folder / LAST).stat().st_ino
    project.kill(project.has_started, WORD="new", WAIT="first")
    kept = {path.stat().st_ino for path in (project.folder / RESULTS / ".previous").rglob("*.txt")}
    assert len(kept) == 4
    assert inode in kept
    project.run(WORD="new")
    project.expect("new")
    project.run("--touch", "--forceall", WORD="new")
    project.expect("new")
