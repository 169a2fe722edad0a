"""Copies of this checkout in which tests run the smoke project, as a user does: `snakemake --profile local`."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from tabletutor.workflow import reproduce
from tabletutor.workflow.reproduce import manifest
from tests.support.warm_snakemake import Warm

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "config" / "smoke.yaml").read_text(encoding="utf-8"))
RESULTS = CONFIG["results"]
TABLES = [line.split("\t")[0] for line in (ROOT / CONFIG["table_list"]).read_text(encoding="utf-8").splitlines()[1:]]
SNAKEMAKE = str(Path(sys.executable).with_name("snakemake"))
OPTIONS = ["--configfile", "config/smoke.yaml", "--profile", "local"]  # targets may follow
COMMAND = [SNAKEMAKE, *OPTIONS]


@dataclass(frozen=True)
class Checkout:
    """A copy of the checkout, with the package imported from it."""

    root: Path

    def environment(self) -> dict[str, str]:
        """Environment variables that make the copy's package the imported one."""
        return {"PYTHONPATH": str(self.root / "scripts")}

    def run(
        self, *arguments: str, command: Sequence[str] = (SNAKEMAKE,), **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """`snakemake --profile local` on the smoke project; fails the test with the whole output if it fails."""
        done = subprocess.run(
            [*command, *OPTIONS, *arguments],
            cwd=self.root,
            env={**os.environ, **self.environment(), **environment},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done

    def planned(self, warm: Warm) -> set[str]:
        """The jobs a dry run announces."""
        run = warm.start([*OPTIONS, "--dry-run"], self.root, self.environment())
        assert run.wait() == 0, run.printed
        return jobs(run.printed)

    def digests(self) -> dict[str, str]:
        """SHA-256 of every artefact."""
        return manifest(self.root / RESULTS)


def jobs(printed: str) -> set[str]:
    """The jobs that a dry run has announced: `rule` or `rule wildcard`."""
    found: set[str] = set()
    for block in re.split(r"\n(?=\[|(?:local)?rule )", printed):
        if rule := re.search(r"^(?:local)?rule (\w+):", block, re.MULTILINE):
            values = re.search(r"^    wildcards: (.*)$", block, re.MULTILINE)
            found.add(" ".join([rule[1], *re.findall(r"=([^,]+)", values[1] if values else "")]))
    return found


def worked(printed: str) -> set[str]:
    """The jobs of a run that did work, in the form of `jobs`: not those that found what they would have made."""
    spared = set(re.findall(r"^(\w+(?: [^:\n]+)?): (?:kept|from the cache): ", printed, re.MULTILINE))
    return jobs(printed) - spared - {"all"}


def copy_checkout(target: Path, source: Path = ROOT, made: bool = False) -> Checkout:
    """A fresh clone of the checkout `source`, set up; with `made`, results and Snakemake's notes as well."""
    if made:
        shutil.copytree(source, target, symlinks=True)
    else:
        reproduce.copy_checkout(source, target)
    for name in ("local", "slurm"):
        if not (target / name).is_symlink():
            (target / name).symlink_to(f"profiles/{name}")
    return Checkout(target)
