"""The sandbox compared with a process, a Jupyter kernel and a container exec in one run. Not a test:

python tests/benchmarks/sandbox.py [--quick] [--sessions 6 24] [--megabytes 50] [--only NAME ...]

Peers alternate in every round, so that changes of the machine's speed affect all of them. Prints Markdown.
"""

import argparse
import contextlib
import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

from sandbox_engines import Containers, Jupyter, engine
from sandbox_peers import NOTEBOOK, Forks, Notebook, Ours, Peer, Processes
from sandbox_proc import summed_mb
from sandbox_report import (
    BURST,
    CELL,
    FIRST,
    GROUP,
    KILL,
    LIBRARY,
    NOTES,
    RATE,
    RATE2,
    START,
    Held,
    Samples,
    print_goals,
    print_memory,
    print_times,
)  # fmt: skip

TRIVIAL, GROUP_BY, IMPORT = "1", "df.groupby('g')['n0'].mean()", "import scipy.stats"
NOT_YET_IMPORTED = "import sys\nif 'scipy.stats' in sys.modules: raise RuntimeError('scipy.stats is imported already')"
# Typical notebook cells, which keep named results.
REAL_CELLS = (
    "some = df[(df['n0'] > 0) & df['g'].isin(['group a', 'group b'])]\nsome.head()",
    "means = df.groupby('g')[['n0', 'n1', 'n2']].mean()\nmeans",
    "pivot = df.pivot_table(index='city', columns='k', values='n3', aggfunc='mean')\npivot",
    "totals = df.groupby('city', as_index=False)['count'].sum()\n"
    "best = df[['city', 'n1', 'count']].merge(totals, on='city', suffixes=('', '_city')).nlargest(100, 'count_city')",
    "print(df.sort_values(['day', 'n4']))",  # printed, because Jupyter would keep a value in Out
    "names = df['city'].str.upper().str.replace('CITY NUMBER ', '').value_counts()\nnames",
    "df['share'] = df['n1'] / df.groupby('g')['n1'].transform('sum')",
    "summary = df.describe()\nsummary",
    "links = df.select_dtypes('number').corr()\nlinks",
)
PAUSE = 0.05  # seconds of rest before an ordinary start


@dataclass(frozen=True)
class Effort:
    """Repetitions in one round of a peer."""

    sessions: int
    burst: int
    trivial: int
    group_by: int
    imports: int
    seconds: float


EFFORTS = {  # by quick run and pace of the peer
    (False, "fast"): Effort(20, 8, 20, 3, 2, 2.0),
    (False, "slow"): Effort(2, 2, 20, 5, 1, 2.0),
    (False, "slowest"): Effort(2, 1, 2, 2, 1, 2.0),
    (True, "fast"): Effort(8, 6, 10, 3, 1, 1.0),
    (True, "slow"): Effort(1, 1, 5, 2, 1, 0.1),
    (True, "slowest"): Effort(1, 1, 1, 1, 1, 0.1),
}


def turn(peer: Peer, effort: Effort) -> Samples:
    """Measure one round of a peer: milliseconds, and sessions per second."""
    found: Samples = defaultdict(list)
    alive: list[Notebook] = []
    try:
        for number in range(effort.sessions):
            time.sleep(PAUSE)
            session = _start(found, START, peer, alive)
            _run(found, FIRST, session, TRIVIAL)
            for _ in range(effort.trivial):
                _run(found, CELL, session, TRIVIAL)
            for _ in range(effort.group_by):
                _run(found, GROUP, session, GROUP_BY)
            if number < effort.imports:
                session.run(NOT_YET_IMPORTED)
                _run(found, LIBRARY, session, IMPORT)
            begun = time.perf_counter()
            alive.pop().close()
            found[KILL].append((time.perf_counter() - begun) * 1000)
        for _ in range(effort.burst):
            _start(found, BURST, peer, alive)
    finally:
        for session in alive:
            session.close()
    found[RATE].append(_rate(peer, effort.seconds, 1))
    if isinstance(peer, Ours):
        found[RATE2].append(_rate(peer, effort.seconds, 2))
    return found


def _start(found: Samples, measure: str, peer: Peer, alive: list[Notebook]) -> Notebook:
    begun = time.perf_counter()
    session = peer.start()
    found[measure].append((time.perf_counter() - begun) * 1000)
    alive.append(session)
    return session


def _run(found: Samples, measure: str, session: Notebook, code: str) -> None:
    begun = time.perf_counter()
    session.run(code)
    found[measure].append((time.perf_counter() - begun) * 1000)


def _rate(peer: Peer, seconds: float, threads: int) -> float:
    """Return sessions per second, each opened, used for one cell and closed."""
    done: list[float] = []

    def work() -> None:
        while not done or time.perf_counter() - begun < seconds:
            session = peer.start()
            try:
                session.run(TRIVIAL)
            finally:
                session.close()
            done.append(time.perf_counter())

    workers = [threading.Thread(target=work) for _ in range(threads - 1)]
    begun = time.perf_counter()
    for worker in workers:
        worker.start()
    work()
    for worker in workers:
        worker.join()
    return len(done) / (max(done) - begun)


def memory(peer: Peer, count: int) -> tuple[float | None, float | None]:
    """Return the summed PSS with `count` sessions open: idle, and after the real cells in each."""
    sessions: list[Notebook] = []
    try:
        sessions += [peer.start() for _ in range(count)]
        time.sleep(1)
        idle = summed_mb(peer.processes())
        for code in REAL_CELLS:
            for session in sessions:
                session.run(code)
        time.sleep(1)  # freed memory is returned after the answer
        return idle, summed_mb(peer.processes())
    finally:
        for session in sessions:
            session.close()


def machine() -> str:
    """Return a description of the machine and the relevant software."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    model = models[0].split(":")[1].strip() if models else platform.machine()
    packages = ", ".join(f"{name} {version(name)}" for name in ("pandas", "pyarrow", "jupyter_client", "ipykernel"))
    return (
        f"{model}, {os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}, {packages}"
    )


def note(text: str) -> None:
    """Print progress to standard error."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def run(options: argparse.Namespace, folder: Path, stack: contextlib.ExitStack) -> None:
    """Measure and print."""
    load = os.getloadavg()[0]
    print(f"{machine()}; load {load:.2f}")
    if load > 0.5:
        print("\n**The machine was not idle at the start: rely on the ratios, not on the times.**")
    table = folder / "table.parquet"
    # Written by a separate program, because a host with pandas loaded would share pages with the peers.
    writing = [sys.executable, str(NOTEBOOK), "table", str(table), str(options.megabytes)]
    print(f"\nTable: {subprocess.run(writing, check=True, capture_output=True, text=True).stdout.strip()}.")
    makers: dict[str, Callable[[], Peer]] = {"ours (process)": partial(Ours, table, docker=False)}
    refused = stack.enter_context(engine())
    if refused is None:
        makers["ours (docker)"] = partial(Ours, table, docker=True)
    for name, kind in (("plain fork", Forks), ("process per session", Processes), ("Jupyter kernel", Jupyter)):
        makers[f"{name}, tuned"] = partial(kind, table, tuned=True)
        makers[f"{name}, untuned"] = partial(kind, table, tuned=False)
    if refused is None:
        makers["container exec per cell"] = partial(Containers, table)
    else:
        print(f"\n**The docker backend and the container exec are LEFT OUT: {refused}**")
    ours = next(iter(makers))
    chosen = [name for name in makers if name == ours or not options.only or any(part in name for part in options.only)]
    rounds: dict[str, list[Samples]] = {name: [] for name in chosen}
    with contextlib.ExitStack() as opened:
        peers: dict[str, Peer] = {}
        for name in chosen:
            peers[name] = makers[name]()
            opened.callback(peers[name].close)
        for number in range(options.rounds):
            for name, peer in peers.items():
                note(f"round {number + 1} of {options.rounds}: {name}")
                rounds[name].append(turn(peer, EFFORTS[options.quick, peer.pace]))
    print_times(rounds)
    held: Held = {name: defaultdict(list) for name in chosen if name != "container exec per cell"}
    for _ in range(options.memory_rounds):
        for count in options.sessions:
            for name, by_count in held.items():
                note(f"memory of {count} sessions: {name}")
                with contextlib.closing(makers[name]()) as peer:
                    by_count[count].append(memory(peer, count))
    print_memory(held, options.sessions)
    print_goals(rounds, held, max(options.sessions))
    print(NOTES)


def main() -> None:
    """Read the options, measure, and clean up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="about 90 seconds, with few repetitions")
    parser.add_argument("--rounds", type=int, help="rounds of each peer (5; quick: 2)")
    parser.add_argument("--memory-rounds", type=int, default=1, help="number of memory measurements")
    parser.add_argument("--sessions", type=int, nargs="+", help="open when memory is measured (6 24; quick: 2)")
    parser.add_argument("--megabytes", type=int, default=50, help="size of the table as a frame")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="parts of peers' names, besides ours")
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else 5)
    options.sessions = options.sessions or ([2] if options.quick else [6, 24])
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that everything is closed
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        run(options, Path(folder), stack)
    note(f"took {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
