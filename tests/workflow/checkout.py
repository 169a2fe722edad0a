"""Copies of this checkout in which tests run the smoke project, as a user does: `snakemake --profile local`."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "config" / "smoke.yaml").read_text(encoding="utf-8"))
RESULTS = CONFIG["results"]
TABLES = [line.split("\t")[0] for line in (ROOT / CONFIG["table_list"]).read_text(encoding="utf-8").splitlines()[1:]]
SNAKEMAKE = str(Path(sys.executable).with_name("snakemake"))
COMMAND = [SNAKEMAKE, "--configfile", "config/smoke.yaml", "--profile", "local"]  # targets may follow
MADE = re.compile(r"\.git|\.venv|\.snakemake|\.tabletutor|\..*_cache|\.hypothesis|results.*|logs|local|slurm")


@dataclass(frozen=True)
class Checkout:
    """A copy of the checkout, with the package imported from it."""

    root: Path

    def environment(self) -> dict[str, str]:
        """What makes the copy's package the imported one."""
        return {"PYTHONPATH": str(self.root / "scripts")}

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """`snakemake --profile local` on the smoke project; fails the test with the whole output if it fails."""
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=self.root,
            env={**os.environ, **self.environment(), **environment},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done

    def planned(self, *arguments: str) -> set[str]:
        """The jobs a dry run announces: `rule` or `rule wildcard`."""
        text = self.run("--dry-run", *arguments).stdout
        jobs: set[str] = set()
        for block in re.split(r"\n(?=\[|(?:local)?rule )", text):
            if rule := re.search(r"^(?:local)?rule (\w+):", block, re.MULTILINE):
                values = re.search(r"^    wildcards: (.*)$", block, re.MULTILINE)
                jobs.add(" ".join([rule[1], *re.findall(r"=([^,]+)", values[1] if values else "")]))
        return jobs

    def digests(self) -> dict[str, str]:
        """SHA-256 of every artefact; wall times, which differ, are in sidecars."""
        files = sorted(path for path in (self.root / RESULTS).rglob("*") if path.is_file())
        return {
            str(path.relative_to(self.root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
            if not path.name.endswith("timing.json")
        }


def copy_checkout(target: Path, source: Path = ROOT, made: bool = False) -> Checkout:
    """A fresh clone of the checkout `source`, set up; with `made`, results and Snakemake's notes as well."""

    def left_out(folder: str, names: list[str]) -> set[str]:
        fresh = Path(folder) == source and not made
        return {name for name in names if name == "__pycache__" or (fresh and MADE.fullmatch(name))}

    shutil.copytree(source, target, ignore=left_out, symlinks=True)
    for name in ("local", "slurm"):
        if not (target / name).is_symlink():
            (target / name).symlink_to(f"profiles/{name}")
    return Checkout(target)
