"""Dependencies in `pyproject.toml`: every imported package is declared, with a version range that includes the locked
version, and the public API imports only the base dependencies.
"""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "scripts" / "tabletutor"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BASE = [Requirement(text) for text in PROJECT["dependencies"]]
EXTRAS = [
    Requirement(text) for name, texts in PROJECT["optional-dependencies"].items() if name != "all" for text in texts
]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported_modules(files: Iterable[Path]) -> dict[str, set[str]]:
    """Return the modules that these files import, also in functions, each with the distributions that provide it."""
    owners = packages_distributions()
    found: dict[str, set[str]] = {}
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            tops = {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"tabletutor"}
            found |= {top: set(map(normal, owners[top])) for top in tops if top in owners}
    return found


def test_what_is_imported_is_declared() -> None:
    declared = {normal(each.name) for each in (*BASE, *EXTRAS)}
    modules = imported_modules(PACKAGE.rglob("*.py"))
    assert len(modules) > 20
    assert [module for module, owners in modules.items() if not owners & declared] == []


@pytest.mark.slow
def test_the_public_surface_imports_no_extra() -> None:
    extras = {normal(each.name) for each in EXTRAS}
    modules = [module for module, owners in packages_distributions().items() if normal(owners[0]) in extras]
    code = "import sys, tabletutor.api; print(*sorted(set(sys.argv[1:]) & set(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    command = [sys.executable, "-c", code, *modules]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert (done.stdout, len(modules) > 20) == ("\n", True)


def test_the_lock_file_has_versions_in_the_declared_ranges() -> None:
    lines = (ROOT / "envs" / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    versions = {normal(name): version for name, version in pins.items()}
    assert [str(each) for each in (*BASE, *EXTRAS) if versions[normal(each.name)] not in each.specifier] == []
