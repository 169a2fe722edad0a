"""`make reproduce`: build a project twice, in different surroundings, and compare all bytes.

The second build differs in everything that must not affect a result: path and depth of the checkout, hash seed, umask,
locale, time zone, number of cores and order of jobs. It also shares no finished work with the first. The manifest of a
results folder has the SHA-256 of every artefact, in the format that `sha256sum --check` reads.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tabletutor.config.load import load
from tabletutor.config.table_list import read_table_list
from tabletutor.records.files import sha256_file, write_atomic
from tabletutor.workflow.provenance.cache import VARIABLE

MANIFEST = "MANIFEST.sha256"
_TIMING = "timing.json"  # wall times differ; no rule reads them
_GENERATED = re.compile(
    r"\.git|\.venv|\.peers|\.snakemake|\.tabletutor|\..*_cache|\.hypothesis|.*\.egg-info|results.*|logs|mlruns|local|slurm"
    r"|\.coverage.*|coverage\.xml|htmlcov|\.mutation"
)


class Outcome(NamedTuple):
    """The first build's manifest, the names of differing artefacts, and the second checkout (None without any)."""

    first: dict[str, str]
    differing: list[str]
    second: Path | None


def reproduce(checkout: Path, config: Path) -> Outcome:
    """Build the project of `config` (a path inside `checkout`) there, if needed, and again in a second checkout.

    Writes the manifest into the results folder. Removes the second checkout unless an artefact differs. Raises
    RuntimeError if a build fails; its output is on the console.
    """
    project = load(checkout / config)
    build(checkout, config, [], {})
    first = write_manifest(checkout / project.results)
    folder = Path(tempfile.mkdtemp(prefix="tabletutor-"))
    second = folder / "second" / "build" / "checkout"
    copy_checkout(checkout, second, also=project.results)
    last = read_table_list(checkout / project.table_list)[-1].table
    surroundings = {"PYTHONHASHSEED": "4711", "TZ": "Asia/Kathmandu", "LC_ALL": "C", "LANG": "tr_TR.UTF-8"}
    order = ["--cores", "1", "--prioritize", f"{project.results}/verdicts/{project.questions.folder}/{last}.jsonl"]
    build(second, config, order, {**surroundings, VARIABLE: str(folder / "cache")}, umask=0o077)
    differing = differences(first, manifest(second / project.results))
    if not differing:
        shutil.rmtree(folder)
    return Outcome(first, differing, second if differing else None)


def build(
    checkout: Path, config: Path, options: Sequence[str], environment: Mapping[str, str], umask: int = -1
) -> None:
    """Run the workflow in a checkout, with that checkout's package. Raises RuntimeError if it fails."""
    profile = checkout / "profiles" / "local"
    command = [sys.executable, "-m", "snakemake", "--profile", str(profile), "--configfile", str(config), *options]
    environ = {**os.environ, "PYTHONPATH": str(checkout / "scripts"), **environment}
    done = subprocess.run(command, cwd=checkout, env=environ, umask=umask, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the build in {checkout} failed; its last message says why")


def copy_checkout(source: Path, target: Path, also: str = "") -> None:
    """Copy a checkout without generated files: environment, caches, results, logs, and the folder named `also`."""

    def ignored(folder: str, names: list[str]) -> set[str]:
        top = Path(folder) == source
        return {
            name for name in names if name == "__pycache__" or (top and (_GENERATED.fullmatch(name) or name == also))
        }

    shutil.copytree(source, target, ignore=ignored, symlinks=True)


def manifest(results: Path) -> dict[str, str]:
    """Return the SHA-256 of each artefact by its path in the folder, sorted; hidden files are left out."""
    files = {path.relative_to(results): path for path in results.rglob("*") if path.is_file()}
    return {
        name.as_posix(): sha256_file(path)
        for name, path in sorted(files.items())
        if name.name != MANIFEST and not name.name.endswith(_TIMING) and not any(part[0] == "." for part in name.parts)
    }


def write_manifest(results: Path) -> dict[str, str]:
    """Write `MANIFEST.sha256` into the folder and return its entries."""
    entries = manifest(results)
    write_atomic(results / MANIFEST, "".join(f"{digest}  {name}\n" for name, digest in entries.items()).encode())
    return entries


def differences(first: dict[str, str], second: dict[str, str]) -> list[str]:
    """Return the sorted names that differ between two manifests or are in only one of them."""
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))
