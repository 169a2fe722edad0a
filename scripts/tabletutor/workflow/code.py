"""The identity of a rule's code: the functions, classes, constants and data files it reaches, and locked versions.

A rule has it in its parameters: `params: code=code("questions.py")`. What is reached is found by `closure.py`;
comments, formatting, order of imports, docstrings and whatever is not reached do not count (`syntax.py`).
"""

import contextlib
import gc
import hashlib
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from tabletutor.records.files import sha256_file, write_atomic
from tabletutor.workflow.closure import reach
from tabletutor.workflow.module import Unit, read_module
from tabletutor.workflow.sources import Sources
from tabletutor.workflow.versions import versions

PACKAGE = "tabletutor"
# No result depends on these: the job's context logs, the others show progress and keep telemetry.
LEFT_OUT = frozenset({"tabletutor.workflow.job", "tabletutor.telemetry.progress", "tabletutor.training.tracking"})
# Every job runs in this environment, and gets its sections of the configuration there.
ALSO = ("tabletutor.workflow.environment", "tabletutor.workflow.context")
SCRIPTS = Path(__file__).resolve().parents[2]
LOCK = Path("envs", "requirements.lock")  # beside the folder of the scripts
MEMO = Path(".snakemake", "tabletutor", "code.json")


class _Noted(msgspec.Struct):
    made_from: str
    digests: dict[str, str]


@dataclass(frozen=True)
class Entry:
    """One thing that code consists of: `kind` code, import, file or version; its key; its digest, meaning or version.

    `reason` is the key of what reached it first; `unit` is there for code.
    """

    kind: str
    key: str
    value: str
    reason: str
    unit: Unit | None = None


@dataclass(frozen=True)
class Closure:
    """All that a script reaches, sorted by kind and key."""

    entries: tuple[Entry, ...]

    def digest(self) -> str:
        """One digest over everything reached."""
        lines = [f"{entry.kind} {entry.key} {entry.value}" for entry in self.entries]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def code(script: str) -> str:
    """The digest of the code behind a rule, for its `params`: `params: code=code("questions.py")`."""
    return _digests(SCRIPTS, MEMO)[script]


@cache
def _digests(scripts: Path, memo: Path) -> dict[str, str]:
    """The digests of all scripts. They are noted in the file `memo`, with a digest of all they are made from, since
    every job on a cluster reads the rules again.
    """
    made_from = _everything(scripts)
    try:
        noted = msgspec.json.decode(memo.read_bytes(), type=_Noted)
    except (FileNotFoundError, msgspec.DecodeError):
        noted = None
    if noted is not None and noted.made_from == made_from:
        return noted.digests
    gc.disable()  # syntax trees are many small objects that all live on: collecting takes a third of the time
    try:
        digests = {path.name: closure(path.name, scripts).digest() for path in sorted(scripts.glob("*.py"))}
    finally:
        gc.enable()
    if _everything(scripts) == made_from:  # else a file was changed meanwhile
        with contextlib.suppress(OSError):  # it is only for speed
            write_atomic(memo, msgspec.json.encode(_Noted(made_from, digests)))
    return digests


def _everything(scripts: Path) -> str:
    """A digest over all that digests of code can depend on: every source file, the lock file, what is installed."""
    files = sorted(path for path in scripts.rglob("*") if path.is_file() and path.suffix != ".pyc")
    lines = [f"{path.relative_to(scripts.parent)} {sha256_file(path)}" for path in (*files, scripts.parent / LOCK)]
    installed = sorted(path.name for place in sys.path for path in Path(place).glob("*-info"))
    return hashlib.sha256("\n".join([sys.version, *lines, *installed]).encode()).hexdigest()


@cache
def closure(script: str, scripts: Path = SCRIPTS, package: str = PACKAGE) -> Closure:
    """What the script of that name (in the folder `scripts`) reaches.

    Raises FileNotFoundError if there is no such script, and SyntaxError if a reached module is not Python.
    """
    path = scripts / script
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such script")
    reached = reach(read_module(path, f"scripts/{path.stem}"), _sources(scripts, package), ALSO)
    entries = [
        Entry("code", key, _digest(unit, reached.docstrings), reached.reasons[key], unit)
        for key, unit in reached.units.items()
    ]
    entries += [Entry("import", key, value, reached.reasons[key]) for key, value in reached.imports.items()]
    entries += [Entry("file", key, sha256_file(path), reached.reasons[key]) for key, path in reached.files.items()]
    found = versions(reached.packages, scripts.parent / LOCK)
    entries += [Entry("version", *version) for version in found]
    return Closure(tuple(sorted(entries, key=lambda entry: (entry.kind, entry.key))))


@cache
def _digest(unit: Unit, docstrings: bool) -> str:
    return hashlib.sha256(unit.text(docstrings).encode("utf-8", "surrogatepass")).hexdigest()


@cache
def _sources(scripts: Path, package: str) -> Sources:
    return Sources(scripts, package, LEFT_OUT)
