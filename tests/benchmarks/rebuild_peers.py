"""The peers of `rebuild.py`: the smoke project, the same with trivial jobs, and the same stages in DVC."""

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from engine_run import ROOT, Cost, copy_checkout, jobs, measure_command, note, snakemake

CONFIG = "config/smoke.yaml"
# The work of a trivial job, in both engines: copy the outputs of the real job.
WORK = "for f in {files}; do mkdir -p $(dirname $f); cp built/$f $f; done"
_SCRIPT = re.compile(r'script:\s+"\.\./scripts/\w+\.py"')
_RAN = re.compile(r"^Running stage", re.MULTILINE)


@dataclass
class Stage:
    """One job of the real build, from Snakemake's metadata."""

    rule: str
    inputs: list[str]
    outputs: list[str] = field(default_factory=list[str])


class Peer:
    """A project in a folder, which is edited and brought up to date. `first` is the cost of building all of it."""

    first: Cost | None = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def config(self) -> dict[str, Any]:
        return yaml.safe_load((self.folder / CONFIG).read_text(encoding="utf-8"))

    def retitle(self, number: int) -> None:
        """Set a new title, because DVC would restore the output of an earlier one."""
        config = self.config()
        config["reporting"]["title"] = f"title {number}"
        (self.folder / CONFIG).write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False), encoding="utf-8")

    def comment(self, path: str, number: int) -> None:
        with (self.folder / path).open("a", encoding="utf-8") as file:
            file.write(f"# comment {number}\n")

    def run(self) -> Cost:
        raise NotImplementedError

    def ask(self) -> Cost:
        raise NotImplementedError

    def stages(self, taken: Cost) -> int:
        raise NotImplementedError


class Real(Peer):
    """The smoke project itself. It is kept between runs, so only changes are built."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        for part in ("scripts", "rules", "local", "slurm"):
            if (folder / part).is_symlink():
                (folder / part).unlink()
            elif (folder / part).exists():
                shutil.rmtree(folder / part)
        copy_checkout(folder)

    def run(self) -> Cost:
        return measure_command(snakemake(CONFIG, "--quiet", "rules", "reason", "host"), self.folder)

    def ask(self) -> Cost:
        return measure_command(snakemake(CONFIG, "-n", "--quiet", "rules", "reason", "host"), self.folder)

    def stages(self, taken: Cost) -> int:
        return max(jobs(taken.output) - 1, 0)  # without the target rule, which does no work

    def recorded_stages(self) -> list[Stage]:
        """Return the jobs of the last build, from Snakemake's metadata."""
        found: dict[str, Stage] = {}
        folder = self.folder / ".snakemake" / "metadata"
        results = self.config()["results"]
        for path in sorted(file for file in folder.rglob("*") if file.is_file()):
            coded = "".join(part.removeprefix("@") for part in path.relative_to(folder).parts)
            output = urlsafe_b64decode(coded).decode()
            record = json.loads(path.read_text(encoding="utf-8"))
            if output.startswith(f"{results}/") and (self.folder / output).exists():
                key = json.dumps([record["rule"], record["log"]])
                found.setdefault(key, Stage(record["rule"], record["input"])).outputs.append(output)
        return list(found.values())

    def scripts(self) -> dict[str, str]:
        """Return the script of each rule."""
        text = "".join(path.read_text(encoding="utf-8") for path in sorted((self.folder / "rules").glob("*.smk")))
        found: dict[str, str] = {}
        for part in re.split(r"^(?:rule|checkpoint) ", text, flags=re.MULTILINE)[1:]:
            if script := re.search(r'"\.\./scripts/(\w+\.py)"', part):
                found[re.split(r"\W", part, maxsplit=1)[0]] = script[1]
        return found


class Trivial(Real):
    """The same rules with the same parameters and code digests, but each job copies the real job's outputs."""

    def __init__(self, folder: Path, real: Real) -> None:
        super().__init__(folder)
        shutil.copytree(real.folder / self.config()["results"], folder / "built" / self.config()["results"])
        changed = 0
        for path in (folder / "rules").glob("*.smk"):
            text, count = _SCRIPT.subn(f'shell:\n        "{WORK.format(files="{output}")}"', path.read_text("utf-8"))
            path.write_text(text, encoding="utf-8")
            changed += count
        if changed != len(real.scripts()):
            raise RuntimeError(f"{changed} rules of {len(real.scripts())} could be made trivial")
        self.first = self.run()
        note(f"trivial project: {self.stages(self.first)} jobs")


class Dvc(Peer):
    """The same stages in `dvc.yaml`: inputs, the modules that the script reaches, and one parameter."""

    def __init__(self, folder: Path, real: Real, program: Path) -> None:
        super().__init__(folder)
        self.program = program
        copy_checkout(folder)
        shutil.copytree(real.folder / self.config()["results"], folder / "built" / self.config()["results"])
        stages = dict(self._stages(real))
        (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}), encoding="utf-8")
        for command in (["init", "--no-scm", "--quiet"], ["config", "core.analytics", "false"]):
            self._dvc(*command)
        self.first = self.run()
        note(f"DVC: {self.stages(self.first)} stages of {len(stages)}")

    def _stages(self, real: Real) -> Iterator[tuple[str, dict[str, Any]]]:
        reached = modules(real)
        for number, stage in enumerate(real.recorded_stages()):
            key = "reporting.title" if stage.rule == "report" else "project"
            yield (
                f"{stage.rule}-{number}",
                {
                    "cmd": WORK.format(files=" ".join(stage.outputs)),
                    "deps": sorted({*stage.inputs, *reached[stage.rule]}),
                    "params": [{CONFIG: [key]}],
                    "outs": stage.outputs,
                },
            )

    def _dvc(self, *options: str) -> Cost:
        return measure_command([str(self.program), *options], self.folder, DVC_NO_ANALYTICS="1", PYTHONPATH="")

    def run(self) -> Cost:
        return self._dvc("repro")

    def ask(self) -> Cost:
        return self._dvc("status")

    def stages(self, taken: Cost) -> int:
        return len(_RAN.findall(taken.output))


def modules(real: Real) -> dict[str, list[str]]:
    """Return the files that contain each rule's code, by rule, as `tabletutor code` finds them."""
    program = (
        "import json, sys\n"
        "from tabletutor.workflow.identity.code import closure\n"
        "found = {}\n"
        "for rule, script in json.loads(sys.argv[1]).items():\n"
        "    entries = closure(script).entries\n"
        "    kept = [entry for entry in entries if entry.kind in ('code', 'file')]\n"
        "    found[rule] = [(entry.kind, entry.unit.module if entry.unit else entry.key) for entry in kept]\n"
        "print(json.dumps(found))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(real.folder / "scripts")}
    command = [sys.executable, "-c", program, json.dumps(real.scripts())]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return {
        rule: sorted({_file(real.folder, kind, name) for kind, name in items})
        for rule, items in json.loads(done.stdout).items()
    }


def _file(root: Path, kind: str, name: str) -> str:
    if kind == "file":
        return f"scripts/{name}"
    if name.startswith("scripts/"):
        return f"{name}.py"
    path = f"scripts/{name.replace('.', '/')}"
    return f"{path}.py" if (root / f"{path}.py").is_file() else f"{path}/__init__.py"


def dvc_program(folder: Path) -> Path:
    """Return DVC's program in a separate environment, which is created if needed."""
    program = folder / "bin" / "dvc"
    if not program.exists():
        note("installing DVC into an environment of its own")
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", "dvc"], check=True, cwd=ROOT)
    return program
