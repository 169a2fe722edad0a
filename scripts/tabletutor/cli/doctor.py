"""`tabletutor doctor`: find what would keep the workflow from running here, and how to fix it."""

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import tabletutor
from tabletutor.config.load import load
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.sandbox.host.pool import Sandbox, SandboxError
from tabletutor.workflow.identity.versions import installed_version, locked_versions

FREE_GB = 5


@dataclass(frozen=True)
class Finding:
    """The outcome of one check: whether it passed, a finding, and what to do if it failed."""

    subject: str
    good: bool
    seen: str
    remedy: str = ""


def examine(checkout: Path, config: Path) -> Iterator[Finding]:
    """Run all checks and yield their findings. `checkout` is the root folder; `config` may be anywhere."""
    checks: tuple[Callable[[], Finding], ...] = (
        _python,
        lambda: _package(checkout),
        lambda: _environment(checkout / "envs" / "requirements.lock"),
        lambda: _profiles(checkout),
        lambda: _configuration(config),
        lambda: _disk(checkout),
        _sandbox,
    )
    for check in checks:
        yield check()


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer")


def _package(checkout: Path) -> Finding:
    imported = Path(tabletutor.__file__).resolve().parent
    good = imported == (checkout / "scripts" / "tabletutor").resolve()
    return Finding("package", good, str(imported), "run `make env` in the checkout and activate its .venv")


def _environment(lock: Path) -> Finding:
    if not lock.is_file():
        return Finding("environment", False, f"{lock} is missing", "run this in the root of a checkout")
    locked = locked_versions(lock)
    installed = {name: installed_version(name) for name in sorted(locked)}
    changed = [name for name in installed if installed[name] != locked[name]]
    wrong = [f"{name} {installed[name] or 'missing'} instead of {locked[name]}" for name in changed]
    seen = ", ".join(wrong[:5]) + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else "")
    return Finding("environment", not wrong, seen or f"{len(locked)} packages as locked", "run `make env`")


def _profiles(checkout: Path) -> Finding:
    broken = [name for name in ("local", "slurm") if not (checkout / name / "config.yaml").is_file()]
    seen = f"no link {' and '.join(broken)} in {checkout}" if broken else "linked"
    return Finding("profiles", not broken, seen, "run `make env`")


def _configuration(config: Path) -> Finding:
    try:
        checked = load(config)
    except ValueError as error:
        return Finding("configuration", False, str(error), "correct the keys named")
    there = Path(checked.table_list).is_file()
    seen = f"{config}, {checked.table_list}{'' if there else ' is missing'}"
    return Finding("configuration", there, seen, "write the table list (see config/README.md)")


def _disk(checkout: Path) -> Finding:
    free = shutil.disk_usage(checkout).free / 1e9
    return Finding("disk", free >= FREE_GB, f"{free:.0f} GB free", f"free some space: about {FREE_GB} GB are needed")


def _sandbox() -> Finding:
    """Run a cell in the sandbox. Layers that the kernel refuses are also reported on standard error."""
    try:
        with Sandbox(None, SandboxConfig()) as warm, warm.session() as session:
            result = session.run("submit(6 * 7)")
            layers = warm.layers
    except SandboxError as error:
        return Finding("sandbox", False, str(error), "see docs/sandbox.md")
    seen = f"a cell ran behind {', '.join(layers)}" if result.answer == 42 else f"a cell failed: {result.error}"
    return Finding("sandbox", result.answer == 42, seen, "see docs/sandbox.md")
