"""Shared by the workflow benchmarks: projects in temporary folders, and measured commands."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
_TOTAL = re.compile(r"^total +(\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Cost:
    """The cost of a command: wall seconds, CPU seconds (including children), and its largest process in MB."""

    wall: float
    cpu: float
    peak: float
    output: str

    def __str__(self) -> str:
        return f"{self.wall:.1f} s, CPU {self.cpu:.1f} s, peak {self.peak:,.0f} MB"


class Failed(RuntimeError):
    """A measured command failed or exceeded its time limit."""


def measure_command(command: list[str], folder: Path, limit: float = 600.0, **more: str) -> Cost:
    """Run a command in a folder with extra environment variables. Raises Failed with the end of its output."""
    environment = {**os.environ, "PYTHONPATH": str(folder / "scripts"), "NO_COLOR": "1", **more}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    late = threading.Event()
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, text=True, encoding="utf-8", errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None

    def stop() -> None:
        late.set()
        os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(limit, stop)
    timer.start()
    try:
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)  # includes all processes it waited for
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - begun
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)  # nothing outlives an interrupted benchmark
        raise
    finally:
        timer.cancel()
    if late.is_set():
        raise Failed(f"{command_text(command)}: not done after {limit:.0f} s")
    if process.returncode:
        raise Failed(f"{command_text(command)}: exit code {process.returncode}\n{output[-3000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def command_text(command: list[str]) -> str:
    """Return a command as it would be typed."""
    return " ".join(command).replace(f"{sys.executable} -m snakemake", "snakemake")


def copy_checkout(folder: Path) -> None:
    """Copy the tracked files of this checkout, as they are now, to a project folder with links to its profiles."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists() and not name.startswith("tests/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    for profile in ("local", "slurm"):
        (folder / profile).symlink_to(Path("profiles") / profile)


def snakemake(configuration: str, *options: str) -> list[str]:
    """Return the command line of a Snakemake run."""
    return [sys.executable, "-m", "snakemake", "--profile", "local", "--configfile", configuration, *options]


def jobs(output: str) -> int:
    """Return the number of jobs in Snakemake's output; it prints no table if there are none."""
    found = _TOTAL.findall(output)
    return int(found[-1]) if found else 0


def median_text(values: list[float], digits: int = 1) -> str:
    """Return the median, with minimum and maximum if there are several values."""
    text = f"{median(values):,.{digits}f}"
    return text if len(values) < 2 else f"{text} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


def table(heads: list[str], rows: list[list[str]]) -> None:
    """Print a Markdown table."""
    print(f"| {' | '.join(heads)} |")
    print(f"|{'---|' * len(heads)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def note(text: str) -> None:
    """Print progress to standard error."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)
