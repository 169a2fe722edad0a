"""The identity of a rule's code: the functions, classes, constants and data files it reaches, and locked versions.

A rule has it in its parameters: `params: code=code("questions.py")`. What is reached is found by `reachability.py`;
comments, formatting, order of imports, docstrings and whatever is not reached do not count (`syntax.py`).
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
# No result depends on these: the job's context logs, others show progress and keep telemetry. The registries find
# converters, training methods and question families by name; each of these files is followed by itself.
LEFT_OUT = frozenset(
    {
        *("tabletutor.workflow.job", "tabletutor.telemetry.progress", "tabletutor.training.tracking"),
        *("tabletutor.formats.registry", "tabletutor.training.registry", "tabletutor.questions.registry"),
    }
)
# What is followed beside the scripts: modules that are found by name.
CONVERTERS, METHODS = f"{PACKAGE}/formats/converters", f"{PACKAGE}/training/methods"
FAMILIES = f"{PACKAGE}/questions/families"
# Part of every rule's code: the environment and the context of all jobs.
ALSO = ("tabletutor.workflow.context",)
SCRIPTS = Path(__file__).resolve().parents[3]
LOCK = Path("envs", "requirements.lock")  # beside the folder of the scripts
MEMO = Path(".snakemake", "tabletutor", "code.json")


class _Script(msgspec.Struct):
    """The digest of one script's code, and the digests of all files it was made from."""

    digest: str
    files: dict[str, str]


class _Noted(msgspec.Struct):
    """What is kept between starts; it holds as long as the surroundings are the same."""

    surroundings: str
    scripts: dict[str, _Script]


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
    """All that a script reaches, sorted by kind and key. `sources` are the files of ours that were read to find it."""

    entries: tuple[Entry, ...]
    sources: frozenset[Path]

    def digest(self) -> str:
        """One digest over everything reached."""
        lines = [f"{entry.kind} {entry.key} {entry.value}" for entry in self.entries]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def code(script: str) -> str:
    """The digest of the code behind a rule, for its `params`: `params: code=code("questions.py")`. A converter is given
    by its path from there: `code("tabletutor/formats/converters/dpo.py")`.
    """
    return _digests(SCRIPTS, MEMO)[script]


def converters(formats: Mapping[str, object]) -> dict[str, str]:
    """The digests of the converters of all formats that are made, by format; `formats` is that part of the
    configuration.
    """
    made = [name for name, knobs in formats.items() if knobs is not None]
    return {name: code(f"{CONVERTERS}/{name.replace('-', '_')}.py") for name in made}


def methods(runs: Mapping[str, Any]) -> dict[str, str]:
    """The digest of the training method of each run that is trained; `runs` is that part of the configuration."""
    tuned = {name: run["training"]["method"] for name, run in runs.items() if run["training"]}
    return {name: code(f"{METHODS}/{method}.py") for name, method in tuned.items()}


def families() -> str:
    """Return one digest over all files of question families and their order."""
    names = sorted(path.name for path in (SCRIPTS / FAMILIES).glob("*.py"))
    return hashlib.sha256("\n".join(f"{name} {code(f'{FAMILIES}/{name}')}" for name in names).encode()).hexdigest()


@cache
def _digests(scripts: Path, memo: Path) -> dict[str, str]:
    """The digests of all scripts. They are noted in the file `memo` with what each is made from, since every job on a
    cluster reads the rules again, and an edit concerns few scripts.
    """
    contents = _contents(scripts)
    surroundings = _surroundings(scripts, contents)
    noted = _read_memo(memo)
    known = noted.scripts if noted is not None and noted.surroundings == surroundings else {}
    found = {name: kept for name, kept in known.items() if kept.files.items() <= contents.items()}
    entries = [path for place in ("", CONVERTERS, METHODS) for path in (scripts / place).glob("[!_]*.py")]
    entries += (scripts / FAMILIES).glob("*.py")  # with `__init__.py`, which has their order
    missing = sorted({path.relative_to(scripts).as_posix() for path in entries} - found.keys())
    gc.disable()  # syntax trees are many small objects that all live on: collecting takes a third of the time
    try:
        for name in missing:
            reached = closure(name, scripts)
            files = {path.relative_to(scripts).as_posix() for path in reached.sources}
            found[name] = _Script(reached.digest(), {file: contents[file] for file in sorted(files & contents.keys())})
    finally:
        gc.enable()
    if missing and _contents(scripts) == contents:  # else a file was changed meanwhile
        with contextlib.suppress(OSError):  # it is only for speed
            write_atomic(memo, msgspec.json.encode(_Noted(surroundings, found)))
    return {name: kept.digest for name, kept in found.items()}


def _read_memo(memo: Path) -> _Noted | None:
    try:
        return msgspec.json.decode(memo.read_bytes(), type=_Noted)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _contents(scripts: Path) -> dict[str, str]:
    """The digests of all files that code can be read from, by their path in the folder of scripts."""
    files = sorted(path for path in scripts.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(scripts).as_posix(): sha256_file(path) for path in files}


def _surroundings(scripts: Path, contents: Mapping[str, str]) -> str:
    """A digest over what every script's digest depends on: which files there are (a new one may be what a name means),
    the code that finds code, the lock file, what is installed.
    """
    finding = [f"{name} {content}" for name, content in contents.items() if name.startswith(f"{PACKAGE}/workflow/")]
    installed = sorted(path.name for place in sys.path for path in Path(place).glob("*-info"))
    lines = [sys.version, *contents, *finding, sha256_file(scripts.parent / LOCK), *installed]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@cache
def closure(script: str, scripts: Path = SCRIPTS, package: str = PACKAGE) -> Closure:
    """What the script of that name (in the folder `scripts`), or the module of that path, reaches.

    Raises FileNotFoundError if there is no such script, and SyntaxError if a reached module is not Python.
    """
    path = scripts / script
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such script")
    sources = Sources(scripts, package, LEFT_OUT)
    name = script.removesuffix(".py").replace("/", ".") if "/" in script else f"scripts/{path.stem}"
    reached = reach(read_module(path, name), sources, ALSO)
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
