"""Bringing the smoke project up to date, compared with DVC on the same stages in the same run. Not a test:

python tests/benchmarks/rebuild.py [--rounds 5] [--keep FOLDER]

Peers alternate, in a different order each round. `ours, trivial` and DVC run the same command in each stage (copying
the real job's outputs), so only the engine differs; ours also computes its code digests. `ours, real` is the smoke
project itself. DVC is installed into a temporary environment. Prints Markdown.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median

from engine_run import Cost, median_text, note, table
from rebuild_peers import Dvc, Peer, Real, Trivial, dvc_program, modules

ALL, RUN, ASK, TITLE = "all stages, once", "nothing to do, run", "nothing to do, ask", "another title"
SCRIPT, SHARED = "a comment in one script", "a comment in a shared module"
Found = dict[tuple[str, str], list[tuple[Cost, int]]]  # by task and peer: cost, number of stages run


def turn(name: str, peer: Peer, number: int, edited: dict[str, str], found: Found) -> None:
    """Measure everything once for one peer."""

    def add(what: str, taken: Cost) -> None:
        found.setdefault((what, name), []).append((taken, peer.stages(taken)))

    add(RUN, peer.run())
    add(ASK, peer.ask())
    peer.retitle(number)
    add(TITLE, peer.run())
    for what, path in edited.items():
        peer.comment(path, number)
        add(what, peer.run())


def report(found: Found, names: list[str]) -> None:
    """Print the table: the cost of each peer, and its ratio to the first peer."""
    first = names[0]
    rows: list[list[str]] = []
    for what in (ALL, RUN, ASK, TITLE, SCRIPT, SHARED):
        ours = [taken for taken, _ in found[what, first]]
        for name in names:
            if (what, name) not in found:
                continue
            taken = [each for each, _ in found[what, name]]
            ran = sorted({count for _, count in found[what, name]})
            row = [what if name == first else "", name, "–" if what == ASK else ", ".join(str(count) for count in ran)]
            row += [median_text([each.wall for each in taken], 2), median_text([each.cpu for each in taken], 2)]
            row.append(f"{median(each.peak for each in taken):,.0f}")
            for measure in ("wall", "cpu", "peak"):
                ratios = [getattr(b, measure) / getattr(a, measure) for a, b in zip(ours, taken, strict=True)]
                row.append("1" if name == first else f"× {median_text(ratios, 2)}")
            rows.append(row)
    heads = ["what", "peer", "stages run", "wall, s", "CPU, s", "peak, MB", "wall ×", "CPU ×", "peak ×"]
    table(heads, rows)
    print("\nMedian (minimum–maximum of the rounds). Ratios are to the first peer in the same round.")
    print("CPU is user and system time of all processes, peak the largest resident set of one.")
    print("`ask` is `snakemake -n` and `dvc status`.")


def measure(options: argparse.Namespace, kept: Path, folder: Path) -> None:
    """Create the peers, measure them in alternating rounds, and print."""
    program = dvc_program(kept / "dvc")
    version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    (kept / "real").mkdir(exist_ok=True)
    real = Real(kept / "real")
    note(f"real project: {real.stages(real.run())} jobs built")
    peers: dict[str, Peer] = {}
    for name, make in (("trivial", lambda path: Trivial(path, real)), ("dvc", lambda path: Dvc(path, real, program))):
        (folder / name).mkdir()
        peers[name] = make(folder / name)
    peers = {"ours, trivial": peers["trivial"], "ours, real": real, f"DVC {version}": peers["dvc"]}
    stages = real.recorded_stages()
    reached = modules(real)
    readers = Counter(path for stage in stages for path in reached[stage.rule] if path.endswith(".py"))
    shared = max(readers, key=lambda path: (readers[path], (real.folder / path).stat().st_size))
    edited = {SCRIPT: f"scripts/{real.scripts()['report']}", SHARED: shared}
    print(
        f"{len(stages)} stages. The script is that of the report ({readers[edited[SCRIPT]]} stage), the shared module"
    )
    print(f"`{shared}` ({readers[shared]} stages).\n", flush=True)
    found: Found = {(ALL, name): [(peer.first, peer.stages(peer.first))] for name, peer in peers.items() if peer.first}
    names = list(peers)
    for number in range(options.rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            note(f"round {number + 1} of {options.rounds}: {name}")
            turn(name, peers[name], int(time.time()), edited, found)
    report(found, names)


def main() -> None:
    """Read the options, measure, and clean up everything except `--keep`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each peer")
    parser.add_argument(
        "--keep", type=Path, help="folder in which DVC and the built smoke project are kept for the next run"
    )
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that children are ended
    print(f"`python tests/benchmarks/rebuild.py {' '.join(sys.argv[1:])}`\n")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start.")
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="rebuild-") as name:
        folder = Path(name)
        kept = options.keep.resolve() if options.keep else folder / "kept"
        kept.mkdir(parents=True, exist_ok=True)
        measure(options, kept, folder)
    note(f"took {time.monotonic() - begun:.0f} s; load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
