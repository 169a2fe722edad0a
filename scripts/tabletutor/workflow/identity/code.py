"""Compute the identity of a rule's code: a digest over the functions, constants, data files and versions it reaches.

A rule has the digest in its parameters: `params: code=code("questions.py")`. `reachability.py` finds what is reached.
Comments, formatting, import order, docstrings and unreached code do not change the digest (`syntax.py`).
"""

import contextlib
import gc
import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from tabletutor.records.files import sha256_file, write_atomic
from tabletutor.workflow.identity.module import Unit, read_module
from tabletutor.workflow.identity.reachability import reach
from tabletutor.workflow.identity.sources import Sources
from tabletutor.workflow.identity.versions import versions

PACKAGE = "tabletutor"
# Modules that no result depends on: job logging, progress bars and telemetry. The registries find converters, training
# methods and question families by name; each of these files has a digest of its own.
EXCLUDED = frozenset(
    {
        *("tabletutor.workflow.job", "tabletutor.telemetry.progress", "tabletutor.training.tracking"),
        *("tabletutor.formats.registry", "tabletutor.training.registry", "tabletutor.questions.registry"),
    }
)
# Modules that are found by name. Each gets a digest of its own, as scripts do.
CONVERTERS, METHODS = f"{PACKAGE}/formats/converters", f"{PACKAGE}/training/methods"
FAMILIES = f"{PACKAGE}/questions/families"
# Part of every rule's code: the environment and the context of all jobs.
ALWAYS = ("tabletutor.workflow.context",)
SCRIPTS = Path(__file__).resolve().parents[3]
LOCK = Path("envs", "requirements.lock")  # relative to the parent of SCRIPTS
MEMO = Path(".snakemake", "tabletutor", "code.json")


class _Script(msgspec.Struct):
    """The digest of one script's code, and the digests of all files it was computed from."""

    digest: str
    files: dict[str, str]


class _Memo(msgspec.Struct):
    """Digests stored between starts of Snakemake; valid while `surroundings` is the same."""

    surroundings: str
    scripts: dict[str, _Script]


@dataclass(frozen=True)
class Entry:
    """One part of a rule's code.

    Attributes:
        kind: "code", "import", "file" or "version".
        key: Its name, unique within its kind.
        value: The digest of code or a file, what an import binds, or a version.
        reason: The key of the part that reached it first.
        unit: The syntax, for kind "code".
    """

    kind: str
    key: str
    value: str
    reason: str
    unit: Unit | None = None


@dataclass(frozen=True)
class Closure:
    """Everything that a script reaches, sorted by kind and key. `sources` are the package files read to find it."""

    entries: tuple[Entry, ...]
    sources: frozenset[Path]

    def digest(self) -> str:
        """Return one digest over all entries."""
        lines = [f"{entry.kind} {entry.key} {entry.value}" for entry in self.entries]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def code(script: str) -> str:
    """Return the digest of the code behind a rule, for its parameters: `params: code=code("questions.py")`.

    `script` is a path relative to the scripts folder, such as `tabletutor/formats/converters/dpo.py` for a converter.
    """
    return _digests(SCRIPTS, MEMO)[script]


def converter_digests(formats: Mapping[str, object]) -> dict[str, str]:
    """Return the converter's digest of each format that is built; `formats` is that section of the configuration."""
    names = [name for name, settings in formats.items() if settings is not None]
    return {name: code(f"{CONVERTERS}/{name.replace('-', '_')}.py") for name in names}


def method_digests(runs: Mapping[str, Any]) -> dict[str, str]:
    """Return the digest of each trained run's training method; `runs` is that section of the configuration."""
    methods = {name: run["training"]["method"] for name, run in runs.items() if run["training"]}
    return {name: code(f"{METHODS}/{method}.py") for name, method in methods.items()}


def families_digest() -> str:
    """Return one digest over all files of question families and their order."""
    names = sorted(path.name for path in (SCRIPTS / FAMILIES).glob("*.py"))
    return hashlib.sha256("\n".join(f"{name} {code(f'{FAMILIES}/{name}')}" for name in names).encode()).hexdigest()


@cache
def _digests(scripts: Path, memo: Path) -> dict[str, str]:
    """Return the digests of all scripts.

    They are memoised in the file `memo` together with the files each was computed from, because every job on a cluster
    reads the rules again and an edit affects few scripts.
    """
    contents = _contents(scripts)
    surroundings = _surroundings(scripts, contents)
    stored = _read_memo(memo)
    known = stored.scripts if stored is not None and stored.surroundings == surroundings else {}
    found = {name: script for name, script in known.items() if script.files.items() <= contents.items()}
    entries = [path for place in ("", CONVERTERS, METHODS) for path in (scripts / place).glob("[!_]*.py")]
    entries += (scripts / FAMILIES).glob("*.py")  # including `__init__.py`, which sets their order
    missing = sorted({path.relative_to(scripts).as_posix() for path in entries} - found.keys())
    gc.disable()  # syntax trees are many long-lived objects, and collecting would take a third of the time
    try:
        for name in missing:
            closed = closure(name, scripts)
            files = {path.relative_to(scripts).as_posix() for path in closed.sources}
            found[name] = _Script(closed.digest(), {file: contents[file] for file in sorted(files & contents.keys())})
    finally:
        gc.enable()
    if missing and _contents(scripts) == contents:  # otherwise a file changed in the meantime
        with contextlib.suppress(OSError):  # the memo only saves time
            write_atomic(memo, msgspec.json.encode(_Memo(surroundings, found)))
    return {name: script.digest for name, script in found.items()}


def _read_memo(memo: Path) -> _Memo | None:
    try:
        return msgspec.json.decode(memo.read_bytes(), type=_Memo)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _contents(scripts: Path) -> dict[str, str]:
    """Return the SHA-256 of all files that code may be read from, by path relative to `scripts`."""
    files = sorted(path for path in scripts.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(scripts).as_posix(): sha256_file(path) for path in files}


def _surroundings(scripts: Path, contents: Mapping[str, str]) -> str:
    """Return a digest over what every script's digest depends on.

    That is Python's version, the names of all files (a new file may change what a name means), the code of this
    package, the lock file, and the installed distributions.
    """
    own_code = [f"{name} {content}" for name, content in contents.items() if name.startswith(f"{PACKAGE}/workflow/")]
    installed = sorted(path.name for place in sys.path for path in Path(place).glob("*-info"))
    lines = [sys.version, *contents, *own_code, sha256_file(scripts.parent / LOCK), *installed]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@cache
def closure(script: str, scripts: Path = SCRIPTS, package: str = PACKAGE) -> Closure:
    """Return everything that a script reaches. `script` is a path relative to the folder `scripts`.

    Raises FileNotFoundError if the script does not exist, and SyntaxError if a reached module is not valid Python.
    """
    path = scripts / script
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such script")
    sources = Sources(scripts, package, EXCLUDED)
    name = script.removesuffix(".py").replace("/", ".") if "/" in script else f"scripts/{path.stem}"
    reached = reach(read_module(path, name), sources, ALWAYS)
    entries = [
        Entry("code", key, _digest(unit, reached.docstrings), reached.reasons[key], unit)
        for key, unit in reached.units.items()
    ]
    entries += [Entry("import", key, value, reached.reasons[key]) for key, value in reached.imports.items()]
    entries += [Entry("file", key, sha256_file(path), reached.reasons[key]) for key, path in reached.files.items()]
    found = versions(reached.packages, scripts.parent / LOCK)
    entries += [Entry("version", *version) for version in found]
    read = frozenset([path, *sources.read, *reached.files.values()])
    return Closure(tuple(sorted(entries, key=lambda entry: (entry.kind, entry.key))), read)


@cache
def _digest(unit: Unit, docstrings: bool) -> str:
    return hashlib.sha256(unit.text(docstrings).encode("utf-8", "surrogatepass")).hexdigest()
