"""The identity of a rule's code: its script, every module of ours it can reach, and the versions of what they import.

Reached are: modules imported anywhere in a reached module (inside functions too), the packages they lie in, and
modules named in a string, in full ("tabletutor.sandbox.warm") or as a file beside the module ("warm.py"). A module
that imports by computed name (`importlib`, `pkgutil`, `runpy`) reaches its whole package. A reached module also
reaches the files beside it that are not Python (templates and other data). Packages of others count by the version in
the lock file, and by the installed version where that is another one.

Three modules are left out, since no result depends on them: the typed configuration, whose values come to a rule as
complete parameters, the job context, which logs, and the progress bars.
"""

import hashlib
import importlib.metadata
import re
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tabletutor.records.files import sha256_file
from tabletutor.workflow.syntax import Module, read_module

PACKAGE = "tabletutor"
LEFT_OUT = frozenset({"tabletutor.config.schema", "tabletutor.workflow.job", "tabletutor.telemetry.progress"})
SCRIPTS = Path(__file__).resolve().parents[2]
_LOCK = SCRIPTS.parent / "envs" / "requirements.lock"
_BY_COMPUTED_NAME = frozenset({"importlib", "importlib.import_module", "pkgutil", "runpy"})
_LOCK_LINE = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;+#]+)")


@dataclass(frozen=True)
class Closure:
    """All that a script reaches: modules and data files with their digests, and versions of distributions, by name."""

    modules: dict[str, str] = field(default_factory=dict[str, str])
    files: dict[str, str] = field(default_factory=dict[str, str])
    versions: dict[str, str] = field(default_factory=dict[str, str])

    def digest(self) -> str:
        """One digest over everything reached."""
        lines = [f"{kind} {key} {value}" for kind, key, value in self.items()]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def items(self) -> list[tuple[str, str, str]]:
        """Everything reached as (kind, name, digest or version), sorted."""
        kinds = (("module", self.modules), ("file", self.files), ("version", self.versions))
        return [(kind, key, mapping[key]) for kind, mapping in kinds for key in sorted(mapping)]


def code(script: str) -> str:
    """The digest of the code behind a rule, for its `params`: `params: code=code("questions.py")`."""
    return closure(script).digest()


@cache
def closure(script: str, scripts: Path = SCRIPTS, lock: Path = _LOCK) -> Closure:
    """What the script of that name (in the folder `scripts`) reaches.

    Raises FileNotFoundError if there is no such script, and SyntaxError if a reached module is not Python.
    """
    path = scripts / script
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such script")
    start = _module(path, Path(script).stem)
    modules = {f"scripts/{script}": start.digest}
    imports = set(start.imports)
    files: dict[str, str] = {}
    waiting = _reached(start, "", scripts)
    while waiting:
        name = waiting.pop()
        source = _source(name, scripts)
        if name in modules or name in LEFT_OUT or source is None:
            continue
        module = _module(source, name)
        modules[name] = module.digest
        imports |= module.imports
        files.update({str(file.relative_to(scripts)): _file_digest(file) for file in _data_files(source.parent)})
        waiting |= _reached(module, name if source.name == "__init__.py" else name.rpartition(".")[0], scripts)
    return Closure(modules, files, _versions(imports, lock))


def _reached(module: Module, package: str, scripts: Path) -> set[str]:
    """Names of modules of ours a module reaches directly, with every package on the way."""
    names = {name for name in module.imports | module.strings if name.split(".")[0] == PACKAGE and " " not in name}
    names |= {f"{package}.{name[:-3]}" for name in module.strings if package and name.endswith(".py")}
    if module.imports & _BY_COMPUTED_NAME and package:
        folder = scripts / package.replace(".", "/")
        names |= {".".join(file.relative_to(scripts).with_suffix("").parts) for file in folder.rglob("*.py")}
    parts = [name.split(".") for name in names]
    return {".".join(part[:length]) for part in parts for length in range(1, len(part) + 1)}


def _source(name: str, scripts: Path) -> Path | None:
    """The file of a module or package of ours; None where the name is that of something inside a module."""
    base = scripts.joinpath(*name.split("."))
    candidates = (base / "__init__.py", base.with_name(base.name + ".py"))
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _data_files(folder: Path) -> list[Path]:
    """Files in a package's folder that are not Python, in folders below it too unless these are packages themselves."""
    found: list[Path] = []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith((".", "__pycache__")) or entry.name.endswith("~"):
            continue
        if entry.is_dir():
            found += [] if (entry / "__init__.py").exists() else _data_files(entry)
        elif entry.suffix not in {".py", ".pyc", ".pyi"}:
            found.append(entry)
    return found


@cache
def _module(path: Path, name: str) -> Module:
    return read_module(path, name)


@cache
def _file_digest(path: Path) -> str:
    return sha256_file(path)


def _versions(imports: set[str], lock: Path) -> dict[str, str]:
    locked = locked_versions(lock)
    tops = {name.split(".")[0] for name in imports} - {PACKAGE} - set(sys.stdlib_module_names)
    versions: dict[str, str] = {}
    for top in sorted(tops):
        for distribution in _distributions(top, frozenset(locked)):
            versions[distribution] = locked.get(distribution, "not in the lock file")
            installed = installed_version(distribution)
            if installed not in (None, versions[distribution]):
                versions[distribution] += f", installed {installed}"
    return versions


@cache
def locked_versions(lock: Path) -> dict[str, str]:
    """Version by normalised distribution name, as the lock file pins them; local version suffixes are left out."""
    matches = (_LOCK_LINE.match(line) for line in lock.read_text(encoding="utf-8").splitlines())
    return {normalise(match[1]): match[2] for match in matches if match}


@cache
def installed_version(distribution: str) -> str | None:
    """The installed version without its local suffix (`2.13.0` for `2.13.0+cpu`), or None if there is none."""
    try:
        return importlib.metadata.version(distribution).partition("+")[0]
    except importlib.metadata.PackageNotFoundError:
        return None


def normalise(name: str) -> str:
    """A distribution's name in the one form of PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _distributions(top: str, locked: frozenset[str]) -> list[str]:
    """Distributions that provide the top-level package: the locked one of the same name, else by their metadata."""
    if normalise(top) in locked:
        return [normalise(top)]
    return sorted({normalise(name) for name in _providers().get(top, [])}) or [normalise(top)]


@cache
def _providers() -> dict[str, list[str]]:
    return {top: list(names) for top, names in importlib.metadata.packages_distributions().items()}
