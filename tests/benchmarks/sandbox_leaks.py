"""Open ten thousand sessions in a row and check for leaks. Not a test:

python tests/benchmarks/sandbox_leaks.py [SESSIONS]

Each session runs a cell. In every tenth, the cell leaves a sleeping child; every hundredth dies by `os._exit`. Exits
with status 1, and names the leaks, if anything is left when the sandbox is closed or grows while it is open.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from loguru import logger
from sandbox_peers import NOTEBOOK
from sandbox_proc import below, memory_mb

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.sandbox.host.pool import Sandbox
from tabletutor.sandbox.host.process_label import process_label

WORK = "total = df['n0'].sum()\ntotal"
CHILD = "import os, time\nif os.fork() == 0:\n    time.sleep(600)"
DEATH = "import os\nos._exit(3)"
GROWTH_MB = 5.0


@dataclass(frozen=True)
class Sample:
    """Counts at one moment; -1 if unreadable or if there is no such process."""

    processes: int
    host_descriptors: int
    watchdog_descriptors: int
    parent_descriptors: int
    host_mounts: int
    parent_mounts: int
    folders: int  # in the parent's /tmp
    groups: int
    host_rss: float
    host_pss: float
    parent_rss: float
    parent_pss: float


NAMES = [field.name for field in fields(Sample)]
LEFT = ("processes", "host_descriptors", "host_mounts", "groups")  # compared before opening and after closing
GROWING = ("watchdog_descriptors", "parent_descriptors", "parent_mounts", "folders", *LEFT)  # and while open
MEMORY = ("host_rss", "parent_rss")


def sample() -> Sample:
    """Return a sample, once recently closed sessions are gone."""
    time.sleep(0.3)
    watchdog = next(iter(_children(os.getpid())), 0)
    parent = next(iter(_children(watchdog)), 0) if watchdog else 0
    return Sample(
        processes=len(below(os.getpid())),
        host_descriptors=_entries("/proc/self/fd"),
        watchdog_descriptors=_entries(f"/proc/{watchdog}/fd"),
        parent_descriptors=_entries(f"/proc/{parent}/fd"),
        host_mounts=_lines("/proc/self/mountinfo"),
        parent_mounts=_lines(f"/proc/{parent}/mountinfo"),
        folders=_entries(f"/proc/{parent}/root/tmp") if parent else -1,
        groups=len(_groups()),
        host_rss=_megabytes(os.getpid(), "Rss"),
        host_pss=_megabytes(os.getpid(), "Pss"),
        parent_rss=_megabytes(parent, "Rss"),
        parent_pss=_megabytes(parent, "Pss"),
    )


def _children(process: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []


def _entries(folder: str) -> int:
    try:
        return len(os.listdir(folder))  # noqa: PTH208  as quick as it gets
    except OSError:
        return -1


def _lines(file: str) -> int:
    try:
        return len(Path(file).read_text().splitlines())
    except OSError:
        return -1


def _groups() -> set[str]:
    """Return the control groups that this process created."""
    name = "tabletutor." + process_label().replace("/", "+") + "+"
    return {str(Path(at, group)) for at, groups, _ in os.walk("/sys/fs/cgroup") for group in groups if name in group}


def _megabytes(process: int, kind: str) -> float:
    size = memory_mb(process, kind) if process else None
    return -1 if size is None else round(size, 1)


def visit(sandbox: Sandbox, number: int) -> None:
    """Run one session. Raises RuntimeError if it misbehaves."""
    with sandbox.session() as session:
        code = DEATH if number % 100 == 0 else CHILD if number % 10 == 0 else WORK
        result = session.run(code)
        if result.ended != ("crash" if code == DEATH else "open") or (result.error is not None and code != DEATH):
            raise RuntimeError(f"session {number}: {result}")


def show(when: str, seen: Sample, rate: str = "") -> None:
    """Print one row."""
    print(f"| {when} | {' | '.join(f'{value:g}' for value in astuple(seen))} | {rate} |", flush=True)


def judge(before: Sample, during: list[Sample], after: Sample, first: str) -> list[str]:
    """Return what leaked."""
    pairs = [(name, before, after, 0.0, "before opening, {} after closing") for name in LEFT]
    if len(during) > 1:
        told = f"after {first} sessions, {{}} after the last"
        pairs += [(name, during[0], during[-1], 0.0, told) for name in GROWING]
        pairs += [(name, during[0], during[-1], GROWTH_MB, told) for name in MEMORY]
    return [
        f"LEAK: {name}: {getattr(old, name):g} " + text.format(f"{getattr(new, name):g}")
        for name, old, new, room, text in pairs
        if getattr(new, name) - getattr(old, name) > room
    ]


def main(count: int, table: Path) -> list[str]:
    """Open and close `count` sessions and return what leaked."""
    step = 1000 if count >= 2000 else max(1, count // 10)
    during: list[Sample] = []
    print(f"| sessions | {' | '.join(name.replace('_', ' ') for name in NAMES)} | sessions/s |")
    print(f"|{'---|' * (len(NAMES) + 2)}")
    before = sample()
    show("before", before)
    with Sandbox(table, SandboxConfig(soft_seconds=60, hard_seconds=90)) as sandbox:
        logger.disable("tabletutor")  # it would log each session that dies
        show("opened", sample())
        begun = time.perf_counter()
        for number in range(1, count + 1):
            visit(sandbox, number)
            if number % step == 0:
                spent = time.perf_counter() - begun
                during.append(sample())
                show(f"{number:,}", during[-1], f"{step / spent:.1f}")
                begun = time.perf_counter()
        layers = sandbox.layers
        seen = below(os.getpid())
    after = sample()
    show("closed", after)
    print(f"\nLayers: {', '.join(layers)}.")
    alive = [process for process in seen if Path(f"/proc/{process}").exists()]
    return judge(before, during, after, f"{step:,}") + [f"LEAK: process {process} lives on" for process in alive]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        parquet = Path(folder) / "table.parquet"
        subprocess.run([sys.executable, str(NOTEBOOK), "table", str(parquet), "1"], check=True, capture_output=True)
        leaks = main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, parquet)
    print("\n".join(leaks) or "Nothing leaked.")
    sys.exit(1 if leaks else 0)
