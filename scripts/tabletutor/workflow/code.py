"""The identity of a rule's code: the functions, classes, constants and data files it reaches, and locked versions.

A rule has it in its parameters: `params: code=code("questions.py")`. What is reached is found by `closure.py`;
comments, formatting, order of imports, docstrings and whatever is not reached do not count (`syntax.py`).
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tabletutor.records.files import sha256_file
from tabletutor.workflow.closure import reach
from tabletutor.workflow.module import Unit, read_module
from tabletutor.workflow.sources import Sources
from tabletutor.workflow.versions import versions

PACKAGE = "tabletutor"
# No result depends on these: the job's context logs, the others show progress and keep telemetry.
LEFT_OUT = frozenset({"tabletutor.workflow.job", "tabletutor.telemetry.progress", "tabletutor.training.tracking"})
# Every job runs in this environment.
ALSO = ("tabletutor.workflow.environment",)
SCRIPTS = Path(__file__).resolve().parents[2]
LOCK = Path("envs", "requirements.lock")  # beside the folder of the scripts


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
    return closure(script).digest()


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
