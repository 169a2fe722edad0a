"""The versions of third-party packages that a rule's code stands on, as the lock file pins them."""

import importlib.metadata
import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

# Packages that do their work behind the names of another one, and may change a result without it.
BEHIND = {
    "altair": ("vl-convert-python",),
    "datasets": ("pyarrow",),
    "pandas": ("numpy",),
    "peft": ("torch", "transformers", "safetensors"),
    "scipy": ("numpy",),
    "statsmodels": ("numpy", "pandas", "scipy"),
    "transformers": ("safetensors", "tokenizers"),
    "trl": ("accelerate", "datasets", "transformers"),
}
# Packages that only tell what happens.
_TELLING = frozenset({"loguru", "mlflow", "rich"})
_VERSION = re.compile(r"^Version: *(\S+)", re.MULTILINE)
_LOCK_LINE = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;+#]+)")


class Version(NamedTuple):
    """A distribution, its version in the lock file (with the installed one where that is another), and who wants it."""

    distribution: str
    version: str
    reason: str


def versions(packages: Mapping[str, str], lock: Path) -> list[Version]:
    """The versions of the top-level packages `packages` (with who imports them), Python's own left out."""
    locked = locked_versions(lock)
    found: dict[str, Version] = {}
    waiting = [
        (name, reason)
        for top, reason in packages.items()
        if top not in sys.stdlib_module_names and top not in _TELLING
        for name in _distributions(top, locked)
    ]
    for name, reason in waiting:
        if name not in found:
            found[name] = Version(name, _version(name, locked), reason)
            waiting += [(behind, f"{name}, for which it works") for behind in BEHIND.get(name, ())]
    return list(found.values())


def _version(name: str, locked: Mapping[str, str]) -> str:
    pinned, installed = locked.get(name, "not in the lock file"), installed_version(name)
    return pinned if installed in (None, pinned) else f"{pinned}, installed {installed}"


@cache
def locked_versions(lock: Path) -> dict[str, str]:
    """Version by normalised distribution name, as the lock file pins them; local version suffixes are left out."""
    matches = (_LOCK_LINE.match(line) for line in lock.read_text(encoding="utf-8").splitlines())
    return {normalise(match[1]): match[2] for match in matches if match}


@cache
def installed_version(distribution: str) -> str | None:
    """The installed version without its local suffix (`2.13.0` for `2.13.0+cpu`), or None if there is none."""
    try:
        metadata = importlib.metadata.distribution(distribution).read_text("METADATA") or ""
    except importlib.metadata.PackageNotFoundError:
        return None
    found = _VERSION.search(metadata)  # reading all of it as e-mail, as the library does, takes long
    return found[1].partition("+")[0] if found else None


def normalise(name: str) -> str:
    """A distribution's name in the one form of PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _distributions(top: str, locked: Mapping[str, str]) -> list[str]:
    """Distributions that provide a top-level package: the locked one of the same name, else by their metadata."""
    name = normalise(top)
    if name in locked:
        return [name]
    for alike in (other for other in locked if other.startswith(f"{name}-") and installed_version(other)):
        if any(path.parts[0] == top for path in importlib.metadata.files(alike) or ()):
            return [alike]
    return sorted({normalise(provider) for provider in _providers().get(top, [])}) or [name]


@cache
def _providers() -> dict[str, list[str]]:
    return {top: list(names) for top, names in importlib.metadata.packages_distributions().items()}
