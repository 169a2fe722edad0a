"""Look up the locked versions of the third-party packages that a rule's code uses."""

import importlib.metadata
import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

# Packages that do another package's work and can change a result without being imported directly.
USED_BY = {
    "altair": ("vl-convert-python",),
    "datasets": ("pyarrow",),
    "pandas": ("numpy",),
    "peft": ("torch", "transformers", "safetensors"),
    "scipy": ("numpy",),
    "statsmodels": ("numpy", "pandas", "scipy"),
    "transformers": ("safetensors", "tokenizers"),
    "trl": ("accelerate", "datasets", "transformers"),
}
# Packages that only report progress.
_REPORTING = frozenset({"loguru", "mlflow", "rich"})
_VERSION = re.compile(r"^Version: *(\S+)", re.MULTILINE)
_LOCK_LINE = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;+#]+)")


class Version(NamedTuple):
    """A distribution, its locked version (and the installed one, if different), and what imports it."""

    distribution: str
    version: str
    reason: str


def versions(packages: Mapping[str, str], lock: Path) -> list[Version]:
    """Return the versions of top-level packages, except the standard library. `packages` has what imports each."""
    locked = locked_versions(lock)
    found: dict[str, Version] = {}
    waiting = [
        (name, reason)
        for top, reason in packages.items()
        if top not in sys.stdlib_module_names and top not in _REPORTING
        for name in _distributions(top, locked)
    ]
    for name, reason in waiting:
        if name not in found:
            found[name] = Version(name, _version(name, locked), reason)
            waiting += [(used, f"{name}, which uses it") for used in USED_BY.get(name, ())]
    return list(found.values())


def _version(name: str, locked: Mapping[str, str]) -> str:
    pinned, installed = locked.get(name, "not in the lock file"), installed_version(name)
    return pinned if installed in (None, pinned) else f"{pinned}, installed {installed}"


@cache
def locked_versions(lock: Path) -> dict[str, str]:
    """Return the locked versions by normalised distribution name, without local version suffixes."""
    matches = (_LOCK_LINE.match(line) for line in lock.read_text(encoding="utf-8").splitlines())
    return {normalise(match[1]): match[2] for match in matches if match}


@cache
def installed_version(distribution: str) -> str | None:
    """Return the installed version without its local suffix (`2.13.0` for `2.13.0+cpu`); None if not installed."""
    try:
        metadata = importlib.metadata.distribution(distribution).read_text("METADATA") or ""
    except importlib.metadata.PackageNotFoundError:
        return None
    found = _VERSION.search(metadata)  # parsing it as e-mail, as the library does, is slow
    return found[1].partition("+")[0] if found else None


def normalise(name: str) -> str:
    """Return a distribution's name as normalised by PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _distributions(top: str, locked: Mapping[str, str]) -> list[str]:
    """Return the distributions that provide a top-level package: the locked one of that name, or from metadata."""
    name = normalise(top)
    if name in locked:
        return [name]
    for candidate in (other for other in locked if other.startswith(f"{name}-") and installed_version(other)):
        if any(path.parts[0] == top for path in importlib.metadata.files(candidate) or ()):
            return [candidate]
    return sorted({normalise(provider) for provider in _providers().get(top, [])}) or [name]


@cache
def _providers() -> dict[str, list[str]]:
    return {top: list(names) for top, names in importlib.metadata.packages_distributions().items()}
