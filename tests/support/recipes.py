"""The recipes of `docs/extending.md`, followed to the letter in a copy of the code."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.checkout import ROOT

_BLOCK = r"```python\n(.*?)^```$"


def recipe(title: str) -> str:
    """Return the section of that title."""
    page = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    (section,) = re.findall(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    return section


def blocks(section: str, language: str) -> list[str]:
    """Return the code blocks of a section in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


def follow(section: str, root: Path) -> set[str]:
    """Write the files of a recipe below `root`, and return their paths.

    A block after "`path`:" is a new file. A block after "`path`, above `text`:" goes above the only line that contains
    that text, and one after "`path`, for `text`:" replaces that line.
    """
    new = re.findall(rf"^`(\S+\.py)`:\n\n{_BLOCK}", section, re.MULTILINE | re.DOTALL)
    changes = re.findall(rf"^`(\S+\.py)`, (above|for) `(.+?)`:\n\n{_BLOCK}", section, re.MULTILINE | re.DOTALL)
    for path, text in new:
        assert not (root / path).exists(), path
        (root / path).write_text(text, encoding="utf-8")
    for path, how, anchor, text in changes:
        lines = (root / path).read_text(encoding="utf-8").splitlines(keepends=True)
        (place,) = [at for at, line in enumerate(lines) if anchor in line]
        lines[place : place + (how == "for")] = text
        (root / path).write_text("".join(lines), encoding="utf-8")
    return {path for path, *_ in (*new, *changes)}


def copy_package(folder: Path) -> Path:
    """Copy the library to `folder` and return the folder, from which `run_python` runs."""
    shutil.copytree(ROOT / "scripts", folder / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def run_python(source: str, folder: Path, *arguments: str) -> str:
    """Run a program with the package of a copy, and return what it prints."""
    command = [sys.executable, "-c", source, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(folder / "scripts")}
    done = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
