"""A second build of a project, elsewhere and otherwise, and the comparison of all bytes with the first.

What should be no part of a result is made to differ: the place and the depth of the checkout, the hash seed, the
umask, locale and time zone, the number of cores, the order of jobs; and nothing finished is shared.
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
from tabletutor.workflow.provenance.cache import VARIABLE
from tabletutor.workflow.provenance.manifest import differences, manifest, write_manifest

_MADE = re.compile(
    r"\.git|\.venv|\.peers|\.snakemake|\.tabletutor|\..*_cache|\.hypothesis|.*\.egg-info|results.*|logs|mlruns|local|slurm"
)


class Outcome(NamedTuple):
    """The first build's manifest, what differed in the second, and where that lies (None where nothing differed)."""

    first: dict[str, str]
    differing: list[str]
    second: Path | None


def reproduce(checkout: Path, config: Path) -> Outcome:
    """Build the project of `config` (a path in `checkout`) there, if that is still to be done, and once more elsewhere.

    Writes the manifest into the results folder. The second checkout is removed unless something differed. Raises
    RuntimeError where a build fails; its output is on the console.
    """
    project = load(checkout / config)
    build(checkout, config, [], {})
    first = write_manifest(checkout / project.results)
    folder = Path(tempfile.mkdtemp(prefix="tabletutor-"))
    second = folder / "second" / "build" / "checkout"
    copy_checkout(checkout, second, also=project.results)
    last = read_table_list(checkout / project.table_list)[-1].table
    otherwise = {"PYTHONHASHSEED": "4711", "TZ": "Asia/Kathmandu", "LC_ALL": "C", "LANG": "tr_TR.UTF-8"}
    order = ["--cores", "1", "--prioritize", f"{project.results}/verdicts/program/{last}.jsonl"]
    build(second, config, order, {**otherwise, VARIABLE: str(folder / "cache")}, umask=0o077)
    differing = differences(first, manifest(second / project.results))
    if not differing:
        shutil.rmtree(folder)
    return Outcome(first, differing, second if differing else None)


def build(
    checkout: Path, config: Path, options: Sequence[str], environment: Mapping[str, str], umask: int = -1
) -> None:
    """Run the workflow in a checkout, with the package that lies there. Raises RuntimeError where it fails."""
    profile = checkout / "profiles" / "local"
    command = [sys.executable, "-m", "snakemake", "--profile", str(profile), "--configfile", str(config), *options]
    environ = {**os.environ, "PYTHONPATH": str(checkout / "scripts"), **environment}
    done = subprocess.run(command, cwd=checkout, env=environ, umask=umask, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the build in {checkout} failed; its last message says why")


def copy_checkout(source: Path, target: Path, also: str = "") -> None:
    """Copy a checkout without anything that was made in it: environment, results (`also` names their folder), logs."""

    def left_out(folder: str, names: list[str]) -> set[str]:
        top = Path(folder) == source
        return {name for name in names if name == "__pycache__" or (top and (_MADE.fullmatch(name) or name == also))}

    shutil.copytree(source, target, ignore=left_out, symlinks=True)
